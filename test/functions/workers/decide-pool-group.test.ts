import { describe, expect, test } from 'vitest';
import type { PoolGroupBuilt } from '../../../functions/aws/pool-groups.ts';
import type { PoolSpec } from '../../../functions/clusters/spec-schema.ts';
import {
  decidePoolGroup,
  wantedPoolGroup,
  workerHooks,
} from '../../../functions/workers/decide-pool-group.ts';
import { buildSpec } from '../../support/specs.ts';

const owner = { deployment: 'trivet', cluster: 'demo' };

function wanted(changes: Partial<PoolSpec> = {}) {
  const pool = {
    name: 'general',
    instanceTypes: ['m7g.large', 'm6g.large'],
    zones: ['a', 'b'],
    min: 3,
    max: 8,
  };
  const spec = buildSpec({ pools: [{ ...pool, ...changes }] });
  const place = { zone: 'a', subnetIds: ['subnet-2', 'subnet-1'] };
  const template = { launchTemplateId: 'lt-1', version: '4' };
  return wantedPoolGroup(owner, spec, spec.pools[0] as PoolSpec, place, template);
}

const built = (changes: Partial<PoolGroupBuilt> = {}): PoolGroupBuilt => ({
  ...wanted().shape,
  desired: 2,
  instances: [],
  suspended: [],
  hooks: workerHooks,
  tags: wanted().tags,
  ...changes,
});

describe('a pool’s group', () => {
  test('has its share of the least number, room for the greatest, its zone’s subnets in order, and both hooks', () => {
    expect(wanted().shape).toMatchObject({
      name: 'trivet-demo-pool-general-a',
      subnetIds: ['subnet-1', 'subnet-2'],
      min: 2,
      max: 8,
      launchTemplateId: 'lt-1',
      launchTemplateVersion: '4',
    });
    expect(workerHooks).toEqual({
      launch: { name: 'trivet-launch', heartbeatTimeoutSeconds: 900, defaultResult: 'ABANDON' },
      terminate: { name: 'trivet-terminate', heartbeatTimeoutSeconds: 1800, defaultResult: 'CONTINUE' },
    });
  });

  test.each<[string, PoolGroupBuilt | undefined, object[]]>([
    ['is left as it is', built(), []],
    ['is left at the size that scaling gave it', built({ desired: 4 }), []],
    ['is made', undefined, [{ step: 'create', reason: 'trivet-demo-pool-general-a does not exist' }]],
    [
      'gets a terminate hook where an older Trivet made none',
      built({ hooks: { launch: workerHooks.launch } }),
      [{ step: 'hook', transition: 'terminate', reason: 'it has no terminate hook' }],
    ],
    [
      'gets its hooks as they are wanted',
      built({
        hooks: {
          launch: { ...workerHooks.launch, defaultResult: 'CONTINUE' },
          terminate: { ...workerHooks.terminate, heartbeatTimeoutSeconds: 30 },
        },
      }),
      [
        { step: 'hook', transition: 'launch', reason: 'its launch hook differs' },
        { step: 'hook', transition: 'terminate', reason: 'its terminate hook differs' },
      ],
    ],
    [
      'takes another template and other bounds in one update',
      built({ launchTemplateVersion: '3', max: 9 }),
      [
        {
          step: 'update',
          reason:
            'its template version is 3, and 4 is the latest, its bounds are 2 to 9, and 2 to 8 are wanted',
        },
      ],
    ],
  ])('%s', (_name, found, steps) => {
    expect(decidePoolGroup(wanted(), found)).toEqual(steps);
  });
});

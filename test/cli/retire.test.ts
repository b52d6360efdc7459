import { describe, expect, test } from 'vitest';
import { renderLook, retireCluster } from '../../cli/commands/retire.ts';
import type { Target } from '../../cli/target.ts';
import type { RetirementLook } from '../../functions/retirement/contracts.ts';
import { unstubbed } from '../support/unstubbed.ts';

const look: RetirementLook = {
  decision: { action: 'begin', reason: 'demo has 4 things to delete', ids: [] },
  keepVolumes: false,
  inventory: {
    counts: { 'Auto Scaling group': 1, instance: 1, volume: 1, objects: 1 },
    remnants: [
      { kind: 'Auto Scaling group', id: 'trivet-demo-slot-a' },
      { kind: 'instance', id: 'i-1', state: 'running', heldBy: 'trivet-demo-slot-a' },
      { kind: 'volume', id: 'vol-1', state: 'in-use' },
      { kind: 'objects', id: 's3://bucket/clusters/demo/', amount: '12 versions of objects' },
    ],
    kept: [],
    leftAlone: [],
    madeByKubernetes: [],
  },
};

/** Every function of a deployment answers the same; what was asked is told. */
function targetThatSees(answer: RetirementLook) {
  const asked: unknown[] = [];
  const invoke = async ({ FunctionName, Payload }: { FunctionName: string; Payload: Uint8Array }) => {
    asked.push([FunctionName, JSON.parse(new TextDecoder().decode(Payload))]);
    return { Payload: new TextEncoder().encode(JSON.stringify(answer)) };
  };
  const lambda = { invoke } as unknown as Target['lambda'];
  return { asked, target: unstubbed<Target>('target', { deployment: 'trivet', lambda }) };
}

async function retire(flags: Parameters<typeof retireCluster>[2], answer = look) {
  const said: string[] = [];
  const { asked, target } = targetThatSees(answer);
  const output = { json: false, say: (line: string) => void said.push(line), result: () => {} };
  const code = await retireCluster(target, 'demo', flags, output);
  return { asked, code, said };
}

describe('trivet retire', () => {
  test('without the name typed again shows what would go, in order, and what to type', async () => {
    const { asked, code, said } = await retire({});
    expect(asked).toEqual([['trivet-observe-retirement', { cluster: 'demo', confirm: 'demo' }]]);
    expect(code).toBe(2);
    expect(said).toEqual([
      '  -  Auto Scaling group  trivet-demo-slot-a',
      '  -  instance            i-1                         running, held by trivet-demo-slot-a',
      '  -  volume              vol-1                       in-use',
      '  -  objects             s3://bucket/clusters/demo/  12 versions of objects',
      'demo: 1 × Auto Scaling group, 1 × instance, 1 × volume, 1 × objects would go, with all data.',
      'Nothing was changed. There is no way back; to have it done: trivet retire demo --confirm demo',
    ]);
  });

  test('says of a dry run with kept volumes which are kept', async () => {
    const kept = { ...look, keepVolumes: true };
    const { asked, said } = await retire({ dryRun: true, confirm: 'demo', keepVolumes: true }, kept);
    expect(asked).toMatchObject([['trivet-observe-retirement', { keepVolumes: true }]]);
    expect(said[2]).toBe('  =  volume              vol-1                       in-use');
    expect(said.at(-2)).toContain('and the volumes (=) be handed over to you');
    expect(said.at(-1)).toMatch(/trivet retire demo --confirm demo --keep-volumes$/);
  });

  test('says where nothing is left, and what stays', () => {
    const inventory = {
      counts: {},
      remnants: [],
      kept: ['vol-1'],
      leftAlone: ['trivet-demo-mine'],
      madeByKubernetes: ['vol-9'],
    };
    const reason = 'there is no cluster demo, and nothing is left of one';
    expect(renderLook('demo', { ...look, decision: { action: 'none', reason, ids: [] }, inventory })).toEqual(
      [
        'demo: there is no cluster demo, and nothing is left of one.',
        '  kept, and yours: vol-1',
        '  left alone, as it has not the cluster’s tags: trivet-demo-mine',
        '  volumes of claims in Kubernetes, which stay unless the claims are deleted before: vol-9',
      ],
    );
  });

  test('names how many more there are than it shows', () => {
    const many = { ...look, inventory: { ...look.inventory, counts: { instance: 70 } } };
    expect(renderLook('demo', many)[4]).toBe('  … and 66 more');
  });

  test('is refused before anything is asked where the name typed again is another', async () => {
    const { target } = targetThatSees(look);
    const output = { json: false, say: () => {}, result: () => {} };
    await expect(retireCluster(target, 'demo', { confirm: 'dmeo' }, output)).rejects.toThrow(
      '--confirm is "dmeo": type the cluster’s name again, --confirm demo.',
    );
  });
});

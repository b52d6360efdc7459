import { afterAll, beforeAll, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { readStatus } from '../../cli/commands/status.ts';
import { awaitKubernetes } from '../../cli/kubernetes.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { loseSlot } from '../../cli/start/heal.ts';
import { makeObjects } from '../../functions/aws/objects.ts';
import { makeRegistry } from '../../functions/aws/registry.ts';
import { openKubernetes } from '../../functions/kubernetes/open.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';

const spec = readSpecFile('examples/ha.yaml');
const output = { json: true, say: () => {}, result: () => {} };
const signal = new AbortController().signal;

let deployed: DeployedRegion;
beforeAll(async () => {
  deployed = await deployRegion();
  expect(await provision(deployed.target, spec, output)).toMatchObject({ status: 'SUCCEEDED' });
});
afterAll(() => deployed?.stop());

test('without Kubernetes’ programs a cluster answers all the same, says so, and keeps what it is told through a loss', {
  timeout: 240_000,
}, async () => {
  const { target } = deployed;
  const waiting = { signal, timeoutSeconds: 90, workers: 3 };
  expect(await awaitKubernetes(target, spec.name, waiting)).toMatchObject({ ready: true });
  expect((await readStatus(target, spec.name)).kubernetes).toEqual({
    real: false,
    version: `${spec.kubernetesVersion}+trivet.standin`,
    apiServersReady: 3,
    nodesReady: 6,
  });
  const deps = { registry: makeRegistry(target.config), objects: makeObjects(target.config) };
  const client = await openKubernetes(deps, spec.name, 'kubernetes-admin');
  const path = '/api/v1/namespaces/default/configmaps';
  await client.create(path, { metadata: { name: 'prices' }, data: { apple: '3' } });
  const losing = {
    cluster: spec.name,
    slot: 'a',
    say: () => {},
    signal,
    attachMilliseconds: 50,
    timeoutSeconds: 60,
  };
  const { heal } = await loseSlot(target, losing);
  expect(heal).toMatchObject({ sameMemberId: true, lostWrites: 0 });
  expect(await awaitKubernetes(target, spec.name, waiting)).toMatchObject({ ready: true });
  expect(await client.get(`${path}/prices`)).toMatchObject({ data: { apple: '3' } });
  client.close();
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSpecFile } from '../../cli/spec-file.ts';
import { absorbLoad } from '../../cli/start/load.ts';
import { readManifests } from '../../cli/start/manifests.ts';
import { type ProvisionedCluster, provisionCluster } from '../support/provisioned-cluster.ts';

const file = 'examples/burst.yaml';
const spec = readSpecFile('examples/two-pools.yaml');

let cluster: ProvisionedCluster;
beforeAll(async () => {
  cluster = await provisionCluster(spec);
}, 600_000);
afterAll(() => cluster?.stop());

/** Of every instance of a pool, how it was bought. */
async function lifecyclesOf(pool: string): Promise<string[]> {
  const { ec2 } = cluster.deployed.target;
  const { Reservations = [] } = await ec2.describeInstances({
    Filters: [
      { Name: 'tag:trivet:pool', Values: [pool] },
      { Name: 'instance-state-name', Values: ['running'] },
    ],
  });
  return Reservations.flatMap(({ Instances = [] }) => Instances).map(
    ({ InstanceLifecycle = 'on-demand' }) => InstanceLifecycle,
  );
}

test('a burst brings workers up in the zones that it asks for, spot where it tolerates them, until all its pods run', {
  timeout: 300_000,
}, async () => {
  const { signal } = new AbortController();
  const said: string[] = [];
  const load = await absorbLoad(cluster.deployed.target, {
    cluster: spec.name,
    file,
    objects: readManifests(file),
    remove: true,
    say: (line) => void said.push(line),
    signal,
    timeoutSeconds: 240,
  });
  expect(load.leftOut).toEqual([]);
  expect([load.pods, load.workersBefore]).toEqual([11, 2]);
  expect(load.workersAfter).toBeGreaterThanOrEqual(7);
  // Three pods must be in zone b, of which one worker holds two.
  expect(load.zones['us-east-1b']).toBeGreaterThanOrEqual(1);
  expect([...new Set(load.plans.launches.map(({ pool }) => pool))].sort()).toEqual(['general', 'spot']);
  expect([...new Set(await lifecyclesOf('spot'))]).toEqual(['spot']);
  expect([...new Set(await lifecyclesOf('general'))]).toEqual(['on-demand']);
  expect(said.at(-1)).toBe(`Deleted what ${file} had brought.`);
});

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { renderLook, retire } from '../../cli/commands/retire.ts';
import { readStatus } from '../../cli/commands/status.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { startWriter, type Writer } from '../../cli/start/writer.ts';
import { invokeTask } from '../../cli/target.ts';
import { getText, makeObjects } from '../../functions/aws/objects.ts';
import { makeRegistry } from '../../functions/aws/registry.ts';
import { objectKeys } from '../../functions/clusters/names.ts';
import type { Inventory, RetirementLook } from '../../functions/retirement/contracts.ts';
import type { Call } from '../../region/kernel/calls.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';

const single = readSpecFile('examples/single.yaml');
/** With a worker, so that there is something of each kind. */
const demo = {
  ...single,
  name: 'demo',
  pools: readSpecFile('examples/ha.yaml').pools.map((pool) => ({ ...pool, zones: ['a'], min: 1, max: 2 })),
};
/** Its names begin as demo's do. */
const beside = { ...single, name: 'demo-b', pools: [] };
const output = { json: true, say: () => {}, result: () => {} };
const emptyProof = { counts: {}, remnants: [], kept: [], leftAlone: [], madeByKubernetes: [] };
const look = (cluster: string) =>
  invokeTask<RetirementLook>(deployed.target, 'observe-retirement', { cluster, confirm: cluster });

let deployed: DeployedRegion;
let writer: Writer;
let ofDemo: Inventory;
let ofBeside: Inventory;

beforeAll(async () => {
  deployed = await deployRegion({});
  const { target } = deployed;
  const made = await Promise.all([provision(target, demo, output), provision(target, beside, output)]);
  expect(made.map(({ cause, status }) => `${status} ${cause ?? ''}`)).toEqual(['SUCCEEDED ', 'SUCCEEDED ']);
  await eventually(async () => ((await look('demo')).inventory.counts.instance ?? 0) >= 2, {
    timeoutMs: 60_000,
    what: 'a worker of demo',
  });
  ofDemo = (await look('demo')).inventory;
  ofBeside = (await look('demo-b')).inventory;
  writer = await writeTo('demo-b');
}, 300_000);
afterAll(async () => {
  await writer?.stop();
  await deployed?.stop();
});

async function writeTo(cluster: string): Promise<Writer> {
  const objects = makeObjects(deployed.target.config);
  const keys = objectKeys(cluster).etcdClient;
  const [ca = '', cert = '', key = ''] = await Promise.all(
    [keys.ca, keys.certificate, keys.key].map((name) => getText(objects, name)),
  );
  const slots = await makeRegistry(deployed.target.config).getSlots(cluster);
  return startWriter(
    slots.map(({ address }) => address),
    { ca, cert, key },
    '/retire/',
  );
}

/** Calls of the retirement's own tasks that delete or change something. */
function deletions(calls: readonly Call[]): readonly Call[] {
  const changing = /^(delete|terminate|update|modify|revoke|remove|detach|create|put)/;
  const tasks = /(Delete|Terminate|Keep|Forget|Begin)\w*Role/;
  return calls.filter(
    ({ operation, principal, via }) =>
      via === 'request' && changing.test(operation) && tasks.test(principal.arn),
  );
}

const idsOf = ({ remnants }: Inventory) => remnants.map(({ id }) => id);

describe('a cluster that is retired', () => {
  test('is shown first, in the order in which it would go, and nothing is changed', async () => {
    const before = deployed.calls.length;
    const shown = await look('demo');
    const lines = renderLook('demo', shown);
    expect(lines.at(-1)).toBe(
      'Nothing was changed. There is no way back; to have it done: trivet retire demo --confirm demo',
    );
    expect(shown.inventory.counts).toMatchObject({
      'Auto Scaling group': 2,
      instance: 2,
      'load balancer': 1,
      'target group': 1,
      'launch template': 2,
      'instance profile': 2,
      role: 4,
      'identity provider': 1,
      'network interface': 1,
      volume: 1,
      'security group': 3,
      objects: 2,
    });
    expect(deletions(deployed.calls.slice(before))).toEqual([]);
    expect(idsOf(ofDemo).filter((id) => idsOf(ofBeside).includes(id))).toEqual([]);
  });

  test('leaves nothing, touches nothing of the one beside it, which loses no write', {
    timeout: 240_000,
  }, async () => {
    const { target } = deployed;
    const before = deployed.calls.length;
    const outcome = await retire(target, 'demo', {}, output);
    expect(outcome).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'retired', reason: 'nothing of demo is left', proof: emptyProof },
    });
    const audited = deletions(deployed.calls.slice(before));
    expect(audited.length).toBeGreaterThan(20);
    // Each names what was demo's, and nothing of demo-b, by id, by name or by key.
    const strangers = ofBeside.remnants.flatMap(({ id, kind }) =>
      kind === 'record' ? (/^addresses (.+)$/.exec(id)?.[1] ?? []) : [id],
    );
    const touched = audited.filter(({ input }) =>
      ['demo-b', ...strangers].some((id) => JSON.stringify(input).includes(id)),
    );
    expect(touched).toEqual([]);
    // Its records become more: the watches write what they see.
    const { record: _record, ...counts } = ofBeside.counts;
    expect((await look('demo-b')).inventory.counts).toMatchObject(counts);
    const { acknowledged } = await writer.stop();
    expect(acknowledged).toBeGreaterThan(100);
    expect(await writer.missing()).toEqual([]);
    expect((await readStatus(target, 'demo-b')).members.map(({ healthy }) => healthy)).toEqual([true]);
    expect(await leftInRegion('demo')).toEqual([]);
  });

  test('again is nothing left', async () => {
    expect(await retire(deployed.target, 'demo', {}, output)).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'nothing-left', proof: emptyProof },
    });
  });

  test('keeps its volumes where that is asked for, and nothing else', { timeout: 240_000 }, async () => {
    const { target } = deployed;
    const volumes = ofBeside.remnants.flatMap(({ id, kind }) => (kind === 'volume' ? [id] : []));
    expect(await retire(target, 'demo-b', { keepVolumes: true }, output)).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'retired', proof: { ...emptyProof, kept: volumes } },
    });
    const { Volumes = [] } = await target.ec2.describeVolumes({});
    expect(Volumes.map(({ VolumeId, State, Tags }) => ({ VolumeId, State, of: tagOf(Tags) }))).toEqual(
      volumes.map((VolumeId) => ({ VolumeId, State: 'available', of: 'demo-b' })),
    );
    expect(await leftInRegion('demo-b')).toEqual([]);
  });
});

type Tags = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];
const tagOf = (tags: Tags = []) => tags.find(({ Key }) => Key === 'trivet:retired-cluster')?.Value;

/** What any list or description of the region has of a cluster, by tag or by name; not by what the retirement itself looks with. */
async function leftInRegion(cluster: string): Promise<string[]> {
  const { kernel } = deployed.region;
  const all = async (service: Parameters<typeof kernel.invoke>[0], operation: string, input: object = {}) =>
    (await kernel.invoke(service, operation, input)) as Record<string, unknown>;
  const { accountId, config } = deployed.target;
  const buckets = [`trivet-${accountId}-${config.region}`, `trivet-${accountId}-${config.region}-issuers`];
  const answers = await Promise.all([
    all('autoscaling', 'describeAutoScalingGroups'),
    all('ec2', 'describeLaunchTemplates'),
    all('ec2', 'describeNetworkInterfaces'),
    all('ec2', 'describeSecurityGroups'),
    all('elbv2', 'describeLoadBalancers'),
    all('elbv2', 'describeTargetGroups'),
    all('iam', 'listRoles', { MaxItems: 1000 }),
    all('iam', 'listInstanceProfiles'),
    all('iam', 'listOpenIDConnectProviders'),
    all('dynamodb', 'scan', { TableName: 'trivet-registry' }),
    ...buckets.map((Bucket) => all('s3', 'listObjectVersions', { Bucket })),
  ]);
  // A name that ends where the cluster's ends: `demo` and not `demo-b`.
  const named = new RegExp(
    `(trivet-|/|#|")${cluster}(?!-b)("|/|#|-(slot|pool|api|control|workers|load|cloud|ebs|[0-9a-f]{12}))`,
  );
  const entries = answers.flatMap((answer) =>
    Object.values(answer).flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : [])),
  );
  const { Reservations = [] } = await deployed.target.ec2.describeInstances({
    Filters: [{ Name: 'tag:trivet:cluster', Values: [cluster] }],
  });
  const alive = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
    ({ State }) => State?.Name !== 'terminated',
  );
  return [...entries, ...alive]
    .map((entry) => JSON.stringify(entry))
    .filter((text) => named.test(text) || text.includes(`"trivet:cluster","Value":"${cluster}"`))
    .map((text) => `${createHash('sha256').update(text).digest('hex').slice(0, 6)} ${text.slice(0, 300)}`);
}

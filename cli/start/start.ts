import { join } from 'node:path';
import type { ClusterSpec } from '../../functions/clusters/spec.ts';
import type { Region } from '../../region/region.ts';
import { interrupted } from '../commands/interrupted.ts';
import { provision } from '../commands/provision.ts';
import { openRegion, type RegionFlags } from '../commands/region.ts';
import { type ClusterStatus, readStatus, renderStatus } from '../commands/status.ts';
import { type ExecutionSummary, summarize } from '../history.ts';
import { awaitKubernetes, type KubernetesStatus, readyWorkers, summarizeStatus } from '../kubernetes.ts';
import { CommandError, createOutput, type Output, seconds } from '../output.ts';
import { readSpecFile } from '../spec-file.ts';
import { findTarget, type Target } from '../target.ts';
import { type Heal, loseSlot } from './heal.ts';
import { absorbLoad, type Load } from './load.ts';
import { type LoadObject, readManifests } from './manifests.ts';
import { besideRegion, type PageBeside } from './page.ts';

export interface StartFlags extends RegionFlags {
  /** Exit after verification instead of staying up. */
  readonly once?: boolean;
  /** Slot whose instance is terminated once the cluster is up. */
  readonly lose?: string;
  /** Kubernetes manifests that are applied once the cluster is whole. */
  readonly load?: string;
  readonly json?: boolean;
  /** Left out: an example that suits the other flags. */
  readonly spec?: string;
  /** Network of the embedded deployment: loopback addresses, so that slots can bind theirs (design §3). */
  readonly vpcCidr: string;
}

/** What `npm start -- --json` prints as the last line of stdout (issue 2). */
interface StartResult {
  readonly cluster: string;
  readonly endpoint: string | undefined;
  readonly members: ClusterStatus['members'];
  readonly kubernetes: KubernetesStatus;
  readonly executions: readonly ExecutionSummary[];
  readonly heal: Heal | null;
  readonly load: Load | null;
}

/** What is provisioned, and what is asked of it then. */
interface Plan {
  readonly file: string;
  readonly spec: ClusterSpec;
  readonly manifests: readonly LoadObject[];
}

const root = join(import.meta.dirname, '..', '..');

/** `npm start`: the whole system on a laptop. Exit code 0 when the cluster is healthy (and healed, with --lose), 1 otherwise. */
export async function start(flags: StartFlags): Promise<number> {
  const output = createOutput({ json: flags.json === true });
  const file = flags.spec ?? (flags.load === undefined ? 'examples/ha.yaml' : 'examples/two-pools.yaml');
  const spec = readSpecFile(file);
  const manifests = flags.load === undefined ? [] : readManifests(flags.load);
  if (flags.lose !== undefined && !spec.zones.includes(flags.lose)) {
    throw new CommandError(
      `--lose names slot ${flags.lose}; ${file} has the slots ${spec.zones.join(', ')}.`,
    );
  }
  const { promise, signal } = interrupted();
  const region = await openRegion(flags, output.say);
  const page = besideRegion(output.say);
  try {
    const healthy = await Promise.race([
      run(region, { file, spec, manifests }, flags, { output, signal, page }),
      promise.then(() => undefined),
    ]);
    if (healthy === undefined) return 130;
    if (flags.once) return healthy ? 0 : 1;
    output.say('Ctrl-C ends it and cleans up.');
    await promise;
    return healthy ? 0 : 1;
  } finally {
    output.say('Stopping the embedded region …');
    await page.close();
    await region.stop();
  }
}

interface Surroundings {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly page: PageBeside;
}

async function run(
  region: Region,
  { file, manifests, spec }: Plan,
  flags: StartFlags,
  { output, page, signal }: Surroundings,
): Promise<boolean> {
  const began = performance.now();
  const { say } = output;
  say(`The embedded region listens at ${region.endpoint}. Deploying the synthesized template …`);
  await region.deploy(join(root, 'cdk.out'), { VpcCidr: flags.vpcCidr });
  say(`Deployed in ${seconds(performance.now() - began)}. Provisioning ${file}:`);
  const target = await findTarget({ endpoint: region.endpoint, region: 'us-east-1' });
  if (!flags.once) await page.open(target);
  const outcome = await provision(target, spec, output, signal);
  const executions = [await summarize(target.states, outcome.executionArn)];
  if (outcome.status !== 'SUCCEEDED') {
    output.result({
      cluster: spec.name,
      endpoint: undefined,
      members: [],
      kubernetes: summarizeStatus(undefined),
      executions,
      heal: null,
      load: null,
    } satisfies StartResult);
    return false;
  }
  await untilKubernetes(target, spec, signal, say);
  let heal: Heal | null = null;
  if (flags.lose !== undefined) {
    for (const line of renderStatus(await readStatus(target, spec.name))) say(line);
    const attachMilliseconds = region.kernel.delays.volumeAttach;
    const lost = await loseSlot(target, {
      cluster: spec.name,
      slot: flags.lose,
      say,
      signal,
      attachMilliseconds,
    });
    heal = lost.heal;
    if (lost.execution) executions.push(lost.execution);
    for (const line of renderHeal(heal)) say(line);
    await untilKubernetes(target, spec, signal, say);
  }
  const load =
    flags.load === undefined
      ? null
      : await absorbLoad(target, {
          cluster: spec.name,
          file: flags.load,
          objects: manifests,
          remove: flags.once === true,
          say,
          signal,
        });
  const status = await readStatus(target, spec.name);
  for (const line of renderStatus(status)) say(line);
  if (!flags.once) explain(target, { region, page }, spec.name, say);
  const { endpoint, kubernetes, members } = status;
  const result: StartResult = { cluster: spec.name, endpoint, members, kubernetes, executions, heal, load };
  output.result(result);
  const answers = status.kubernetesHealth?.ready === true;
  const voting = members.every(({ healthy, voter }) => healthy && voter);
  return (
    answers && voting && (heal === null || isWhole(heal)) && (load === null || load.leftOut.length === 0)
  );
}

/** Provisioning does not await workers, and a heal is of etcd alone: the rest follows by itself. */
async function untilKubernetes(
  target: Target,
  spec: ClusterSpec,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const began = performance.now();
  const workers = spec.pools.reduce((sum, { min }) => sum + min, 0);
  const health = await awaitKubernetes(target, spec.name, { signal, timeoutSeconds: 180, workers });
  say(
    health?.ready && readyWorkers(health) >= workers
      ? `Kubernetes is whole, ${seconds(performance.now() - began)} later: ${health.reason}; ${readyWorkers(health)} workers are ready.`
      : `Kubernetes is not whole: ${health?.reason ?? 'it could not be asked'}; ${readyWorkers(health)} of ${workers} workers are ready.`,
  );
}

function isWhole(heal: Heal): boolean {
  return heal.sameMemberId && heal.membershipCalls === 0 && heal.lostWrites === 0;
}

function renderHeal(heal: Heal): string[] {
  return [
    `Slot ${heal.slot} is a healthy voter again after ${heal.secondsToVoter.toFixed(1)} s, as ${heal.sameMemberId ? 'the same member' : 'ANOTHER member'};`,
    `  of these, Trivet's own overhead is ${heal.overheadSeconds.toFixed(1)} s. Membership calls: ${heal.membershipCalls}.`,
    `  ${heal.acknowledgedWrites} writes were acknowledged meanwhile and ${heal.lostWrites === 0 ? 'all are there' : `${heal.lostWrites} ARE LOST`}; the longest pause was ${heal.writeOutageSeconds.toFixed(2)} s.`,
  ];
}

/** Where to look further, and how to break it. */
function explain(
  target: Target,
  { page, region }: { readonly page: PageBeside; readonly region: Region },
  cluster: string,
  say: (line: string) => void,
): void {
  const group = `${target.deployment}-${cluster}-slot-b`;
  say(`See it, run it and break it at ${page.url()}`);
  say('Look further, in another terminal:');
  say(
    `  export AWS_ENDPOINT_URL=${region.endpoint} AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x`,
  );
  say(`  npm run trivet -- status ${cluster}`);
  say(
    `  aws stepfunctions list-executions --state-machine-arn ${target.stateMachineArn('provision-cluster')}`,
  );
  say('Kill a node and watch it come back:');
  say(
    `  aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names ${group} --query 'AutoScalingGroups[0].Instances[0].InstanceId'`,
  );
  say('  aws ec2 terminate-instances --instance-ids <the instance>');
}

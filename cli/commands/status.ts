import { makeLoadBalancerAddresses } from '../../functions/aws/load-balancer-addresses.ts';
import { type ClusterRecord, makeRegistry, type SlotRecord } from '../../functions/aws/registry.ts';
import { localEndpoint } from '../../functions/clusters/api-endpoint.ts';
import { describePause, pauseOf } from '../../functions/clusters/pause.ts';
import { retiringReason } from '../../functions/clusters/retiring.ts';
import type { EtcdHealth, MemberHealth } from '../../functions/etcd/contracts.ts';
import type { KubernetesHealth } from '../../functions/kubernetes/contracts.ts';
import { type Decision, isTelling, latestDecisions, readDecisions, renderDecision } from '../decisions.ts';
import { clusterOfExecution, listWorkflows } from '../executions.ts';
import { workflowOf } from '../history.ts';
import { type KubernetesStatus, readKubernetes, renderKubernetes, summarizeStatus } from '../kubernetes.ts';
import { CommandError, type Output, table } from '../output.ts';
import { renderScaling, type ScalingStatus, summarizeScaling } from '../scaling.ts';
import { invokeTask, type Target } from '../target.ts';
import { renderWorkers, summarizeWorkers, type WorkersStatus } from '../workers.ts';

/** A slot and its member, as `npm start -- --json` and `trivet status --json` give them. */
export interface MemberStatus {
  readonly slot: string;
  readonly zone: string;
  readonly memberId: string;
  readonly address: string;
  readonly voter: boolean;
  readonly leader: boolean;
  readonly healthy: boolean;
  readonly instanceId?: string;
  /** Why it is not healthy, or why the slot is held. */
  readonly problem?: string;
}

export interface ClusterStatus {
  readonly cluster: string;
  readonly phase: string;
  readonly endpoint?: string;
  /** The same by address, in an embedded region alone: nobody resolves the name there. */
  readonly localEndpoint?: string;
  readonly etcd: string;
  readonly members: readonly MemberStatus[];
  readonly kubernetes: KubernetesStatus;
  /** All that was found of it, for a person; absent before there is any. */
  readonly kubernetesHealth?: KubernetesHealth;
  /** As the latest sweep found them. */
  readonly workers: WorkersStatus;
  /** What plans of workers have said, and what they have asked for. */
  readonly scaling: ScalingStatus;
  readonly running: readonly { readonly workflow: string; readonly name: string; readonly since: string }[];
  readonly alarms: readonly string[];
  readonly lastFailure?: string;
  /** The last of the past hour, oldest first; `trivet events` has them all. */
  readonly decisions: readonly Decision[];
  /** Why none could be read. */
  readonly decisionsUnread?: string;
  /** Until when Trivet changes nothing of it by itself, and why. */
  readonly paused?: string;
  /** It is being taken away, since when. */
  readonly retiring?: string;
}

/** `trivet status [CLUSTER]`: slots, members, running executions, alarms, last decisions. Exit code 0 when all is healthy, 2 when not. */
export async function showStatus(
  target: Target,
  cluster: string | undefined,
  output: Output,
): Promise<number> {
  const registry = makeRegistry(target.config);
  const names = await registry.listClusters().catch((error: unknown) => {
    throw new CommandError(
      `the registry ${target.config.registryTable} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  });
  if (cluster !== undefined && !names.includes(cluster)) {
    throw new CommandError(`there is no cluster ${cluster}; there are: ${names.join(', ') || 'none'}.`);
  }
  const wanted = cluster === undefined ? names : [cluster];
  if (wanted.length === 0) output.say('There are no clusters yet: trivet provision FILE makes one.');
  const statuses = await Promise.all(wanted.map((name) => readStatus(target, name)));
  for (const status of statuses) for (const line of renderStatus(status)) output.say(line);
  output.result(cluster === undefined ? statuses : statuses[0]);
  return statuses.every(({ members }) => members.every(({ healthy }) => healthy)) ? 0 : 2;
}

/** One cluster: the registry, etcd as the task in the VPC sees it now, executions and alarms. */
export async function readStatus(target: Target, cluster: string): Promise<ClusterStatus> {
  const registry = makeRegistry(target.config);
  const [record, slots, repairs, scaling, verified, running, alarms, decided] = await Promise.all([
    registry.getCluster(cluster),
    registry.getSlots(cluster),
    registry.getRepairs(cluster),
    registry.getScaling(cluster),
    invokeTask<{ health: EtcdHealth }>(target, 'verify-etcd', { cluster }).catch((error: unknown) => {
      if (error instanceof CommandError) return undefined;
      throw error;
    }),
    registry.listClusters().then((clusters) => runningExecutions(target, cluster, clusters)),
    firingAlarms(target),
    lastDecisions(target, cluster),
  ]);
  if (!record) throw new CommandError(`there is no cluster ${cluster}.`);
  const [local, health] = await Promise.all([
    findLocalEndpoint(target, record),
    readKubernetes(target, cluster),
  ]);
  return {
    cluster,
    phase: record.phase,
    ...(record.endpoint !== undefined && { endpoint: record.endpoint }),
    ...(local !== undefined && { localEndpoint: local }),
    etcd: verified?.health.reason ?? 'not there yet',
    members: slots.map((slot) => memberOf(slot, verified?.health)),
    kubernetes: summarizeStatus(health),
    ...(health && { kubernetesHealth: health }),
    workers: summarizeWorkers(repairs),
    scaling: summarizeScaling(scaling),
    running,
    alarms,
    ...decided,
    ...failureOf(record),
    ...leftAloneOf(record),
  };
}

const decisionsMilliseconds = 3_600_000;
const decisionsMax = 5;

/** Who may not read logs sees all else. */
async function lastDecisions(
  target: Target,
  cluster: string,
): Promise<Pick<ClusterStatus, 'decisions' | 'decisionsUnread'>> {
  const since = new Date(Date.now() - decisionsMilliseconds);
  try {
    const read = await readDecisions(target, cluster, { since });
    return { decisions: latestDecisions(read.filter(isTelling), decisionsMax) };
  } catch (error) {
    return { decisions: [], decisionsUnread: error instanceof Error ? error.message : String(error) };
  }
}

/** The address at which a person reaches an embedded cluster's API; undefined elsewhere. */
export async function findLocalEndpoint(
  target: Target,
  record: Pick<ClusterRecord, 'endpoint' | 'loadBalancerArn'>,
): Promise<string | undefined> {
  const { endpoint, loadBalancerArn } = record;
  if (target.endpoint === undefined || endpoint === undefined || loadBalancerArn === undefined)
    return undefined;
  return localEndpoint(endpoint, await makeLoadBalancerAddresses(target.config).find(loadBalancerArn));
}

function failureOf(record: ClusterRecord): { lastFailure?: string } {
  const failure = record.lastFailure;
  return failure
    ? { lastFailure: `${failure.at} ${failure.workflow}, ${failure.step}: ${failure.message}` }
    : {};
}

function leftAloneOf(record: ClusterRecord): { paused?: string; retiring?: string } {
  const pause = pauseOf(record, new Date());
  const retiring = retiringReason(record);
  return {
    ...(pause && { paused: describePause(record.name, pause) }),
    ...(retiring !== undefined && { retiring }),
  };
}

function memberOf(slot: SlotRecord, health: EtcdHealth | undefined): MemberStatus {
  const member: MemberHealth | undefined = health?.members.find((candidate) => candidate.slot === slot.slot);
  const held = slot.verdict && `${slot.verdict.action}: ${slot.verdict.reason}`;
  const problem = held ?? member?.reason ?? (member ? undefined : 'no member');
  return {
    slot: slot.slot,
    zone: slot.zone,
    memberId: member?.memberId ?? slot.memberId ?? '',
    address: slot.address,
    voter: member?.voter ?? false,
    leader: member?.leader ?? false,
    healthy: member?.healthy ?? false,
    ...(slot.instanceId !== undefined && { instanceId: slot.instanceId }),
    ...(problem !== undefined && { problem }),
  };
}

/** Of all workflows of the deployment; executions are named by their cluster first, and one cluster's name may begin as another's. */
async function runningExecutions(target: Target, cluster: string, clusters: readonly string[]) {
  const workflows = await listWorkflows(target.states, target.deployment);
  const found = await Promise.all(
    workflows.map(async (stateMachineArn) => {
      const listed = await target.states.listExecutions({ stateMachineArn, statusFilter: 'RUNNING' });
      return listed.executions ?? [];
    }),
  );
  return found
    .flat()
    .map(({ name = '', executionArn = '', startDate }) => ({
      workflow: workflowOf(executionArn),
      name,
      since: startDate?.toISOString() ?? '',
    }))
    .filter((execution) => clusterOfExecution(execution, clusters) === cluster);
}

async function firingAlarms(target: Target): Promise<string[]> {
  const { MetricAlarms = [] } = await target.cloudwatch.describeAlarms({
    AlarmNamePrefix: `${target.deployment}-`,
    StateValue: 'ALARM',
  });
  return MetricAlarms.map(({ AlarmName = '', StateReason = '' }) => `${AlarmName}: ${StateReason}`);
}

/** The status for a person. */
export function renderStatus(status: ClusterStatus): string[] {
  const { alarms, cluster, endpoint, etcd, lastFailure, members, phase, running } = status;
  const rows = members.map((member) => [
    member.slot,
    member.zone,
    member.address,
    member.memberId === '' ? '-' : BigInt(member.memberId).toString(16),
    member.leader ? 'leader' : member.voter ? 'voter' : '-',
    member.healthy ? 'healthy' : `NOT healthy: ${member.problem ?? 'unknown'}`,
    member.instanceId ?? '-',
  ]);
  const header = ['slot', 'zone', 'address', 'member', 'role', 'health', 'instance'];
  return [
    `${cluster} (${phase})  endpoint ${endpoint ?? '-'}`,
    ...(status.paused === undefined ? [] : [`  PAUSED: ${status.paused}`]),
    ...(status.retiring === undefined ? [] : [`  RETIRING: ${status.retiring}`]),
    ...(status.localEndpoint === undefined ? [] : [`  reached here at ${status.localEndpoint}`]),
    ...table([header, ...rows]).map((line) => `  ${line}`),
    `  etcd: ${etcd}`,
    ...renderKubernetes(status.kubernetesHealth).map((line) => `  ${line}`),
    ...renderWorkers(status.workers).map((line) => `  ${line}`),
    ...renderScaling(status.scaling).map((line) => `  ${line}`),
    ...running.map(({ name, since, workflow }) => `  running: ${workflow} ${name} since ${since}`),
    ...alarms.map((alarm) => `  alarm: ${alarm}`),
    ...(lastFailure ? [`  last failure: ${lastFailure}`] : []),
    ...(status.decisionsUnread === undefined
      ? []
      : [`  last decisions cannot be read: ${status.decisionsUnread}`]),
    ...(status.decisions.length === 0 ? [] : [`  last decisions (all: trivet events ${cluster}):`]),
    ...status.decisions.map((decision) => `    ${renderDecision(decision)}`),
  ];
}

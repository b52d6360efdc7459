import { pauseOf } from '../../functions/clusters/pause.ts';
import type { ClusterView, ExecutionView, KubernetesView, QuorumView, Snapshot, State } from './contracts.ts';
import { offersOfCluster, offersOfPool, offersOfSlot, offersOfWorker, offersOfZone } from './offers.ts';
import { viewPool } from './pool-view.ts';
import type { ClusterReadings, ExecutionReading, Readings } from './readings.ts';
import { viewSlot } from './slot-view.ts';

/** What the page shows, made of what one look has found. Pure. */
export function makeSnapshot(readings: Readings): Snapshot {
  const { alarms, approvals, at, cluster, clusters, decisions, executions, source, unread } = readings;
  return {
    readAt: at.toISOString(),
    source,
    clusters,
    ...(cluster && { cluster: viewCluster(cluster, readings) }),
    executions: executions.map(viewExecution),
    decisions,
    alarms,
    approvals,
    unread,
  };
}

function viewCluster(cluster: ClusterReadings, { at, executions, source }: Readings): ClusterView {
  const { localEndpoint, name, record, spec } = cluster;
  const quorum = viewQuorum(cluster);
  const kubernetes = viewKubernetes(cluster);
  const zones = zonesOf(cluster, source.region).map(({ slot, zone }) => ({
    zone,
    cut: cluster.zonesCut.includes(zone),
    slots: [viewSlot(slot, zone, cluster, executions)].map((view) => ({
      ...view,
      offers: offersOfSlot(name, view, source),
    })),
    workers: workersIn(zone, cluster),
    offers: offersOfZone(name, zone, cluster.zonesCut.includes(zone), source),
  }));
  const pools = (spec?.pools ?? []).map((pool) => {
    const view = viewPool(pool, cluster);
    const workers = view.workers.map((worker) => ({
      ...worker,
      offers: offersOfWorker(name, pool.name, worker, source),
    }));
    return { ...view, workers, offers: offersOfPool(name, pool.name) };
  });
  const slots = zones.flatMap((zone) => zone.slots);
  const pause = record && pauseOf(record, at);
  return {
    name,
    ...judgeCluster({ cluster, executions, kubernetes, quorum, slots }),
    phase: record?.phase ?? 'planned',
    kubernetesVersion: spec?.kubernetesVersion ?? '',
    ...(record?.endpoint !== undefined && { endpoint: record.endpoint }),
    ...(localEndpoint !== undefined && { localEndpoint }),
    quorum,
    kubernetes,
    zones,
    pools,
    ...(record?.lastFailure && {
      lastFailure: {
        at: record.lastFailure.at,
        workflow: record.lastFailure.workflow,
        message: `${record.lastFailure.step}: ${record.lastFailure.message}`,
      },
    }),
    ...(pause && { paused: { until: pause.until, reason: pause.reason } }),
    offers: record ? offersOfCluster(name, pause !== undefined) : [],
  };
}

/** A slot's zone is decided with the layout; before that, its letter tells. */
function zonesOf(
  { record, spec }: ClusterReadings,
  region: string,
): readonly { readonly slot: string; readonly zone: string }[] {
  return record?.layout.slots ?? (spec?.zones ?? []).map((slot) => ({ slot, zone: `${region}${slot}` }));
}

function workersIn(zone: string, { instances, kubernetes, zonesCut }: ClusterReadings) {
  const workers = instances.filter(
    (one) => one.pool !== undefined && one.zone === zone && one.state !== 'terminated',
  );
  const isReady = (id: string): boolean =>
    !zonesCut.includes(zone) && kubernetes?.nodes.some(({ name, ready }) => name === id && ready) === true;
  return { ready: workers.filter(({ instanceId }) => isReady(instanceId)).length, all: workers.length };
}

/** Who votes, and how many more may be lost. Nobody who could not be asked is counted. */
function viewQuorum({ etcd, record, spec }: ClusterReadings): QuorumView {
  const members = record?.layout.slots.length ?? spec?.zones.length ?? 0;
  const needed = Math.floor(members / 2) + 1;
  if (!etcd) return { members, needed, reason: 'etcd could not be asked yet.', alarms: [] };
  const { alarms, observedAt, reason } = etcd;
  // Where not one member answers, writes stand still as far as anybody can tell, and nothing is known of how many are left.
  if (!etcd.reachable) return { members, needed, reason: `${reason}.`, observedAt, alarms };
  const voting = etcd.members.filter(({ healthy, voter }) => healthy && voter).length;
  const leader = etcd.members.find((member) => member.leader && member.healthy)?.slot;
  return {
    members,
    voting,
    needed,
    margin: voting - needed,
    ...(leader !== undefined && { leader }),
    reason: `${reason}.`,
    observedAt,
    alarms,
  };
}

function viewKubernetes({ kubernetes, spec }: ClusterReadings): KubernetesView {
  if (!kubernetes) return { state: 'unknown', sentence: 'Kubernetes could not be asked yet.' };
  const { observedAt, ready, reason, version } = kubernetes;
  const wanted = spec?.kubernetesVersion ?? '';
  const state: State = ready ? 'well' : kubernetes.absent ? 'unwell' : 'busy';
  return {
    state,
    sentence: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
    observedAt,
    ...((version ?? wanted) !== '' && { version: version ?? wanted }),
  };
}

interface Judged {
  readonly cluster: ClusterReadings;
  readonly executions: readonly ExecutionReading[];
  readonly kubernetes: KubernetesView;
  readonly quorum: QuorumView;
  readonly slots: ClusterView['zones'][number]['slots'];
}

const words = ['none', 'one', 'two'];

/** The cluster in one word and a sentence; first match wins. */
function judgeCluster({
  cluster,
  executions,
  kubernetes,
  quorum,
  slots,
}: Judged): Pick<ClusterView, 'state' | 'sentence'> {
  const { etcd, record } = cluster;
  const provisioning = executions.some(
    ({ status, workflow }) => workflow === 'provision-cluster' && status === 'RUNNING',
  );
  if (!record?.formed) {
    if (provisioning) return { state: 'busy', sentence: 'It is being provisioned.' };
    const why = record?.lastFailure ? `: ${record.lastFailure.message}` : '';
    return { state: 'unwell', sentence: `It was never formed, and nothing works on it${why}.` };
  }
  if (!etcd) return { state: 'unknown', sentence: 'Nobody could ask its etcd.' };
  const { margin, members, needed, voting } = quorum;
  if (voting === undefined || margin === undefined)
    return { state: 'unwell', sentence: 'No member of its etcd answers: nothing can be read or written.' };
  const votes = `${voting} of ${members} members vote`;
  if (margin < 0)
    return {
      state: 'unwell',
      sentence: `${votes}, ${needed} must: nothing can be written until one returns.`,
    };
  const most = margin === 0 ? 'no more may be lost' : `${words[margin] ?? margin} more may be lost`;
  const troubled = slots.filter(({ state }) => state !== 'well');
  const told = troubled.map(({ slot, word }) => `slot ${slot} is ${word}`).join(', ');
  if (troubled.length > 0)
    return {
      state: troubled.some(({ state }) => state === 'unwell') ? 'unwell' : 'busy',
      sentence: `${votes}, ${most}; ${told}.`,
    };
  if (kubernetes.state !== 'well')
    return { state: provisioning ? 'busy' : kubernetes.state, sentence: `${votes}. ${kubernetes.sentence}` };
  return { state: 'well', sentence: `${votes}, and ${most}.` };
}

function viewExecution(execution: ExecutionReading): ExecutionView {
  return { ...execution, state: stateOfStatus(execution.status) };
}

/** Step Functions' word as ours. Pure. */
export function stateOfStatus(status: string): State {
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return 'busy';
  return status === 'SUCCEEDED' ? 'well' : 'unwell';
}

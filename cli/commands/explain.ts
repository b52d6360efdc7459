import { makeObjects } from '../../functions/aws/objects.ts';
import { makeRegistry, type RepairsRecord } from '../../functions/aws/registry.ts';
import type { WorkerNode } from '../../functions/demand/contracts.ts';
import { readObservation } from '../../functions/demand/read-observation.ts';
import { type Decision, isTelling, latestDecisions, readDecisions, renderDecision } from '../decisions.ts';
import { CommandError, type Output } from '../output.ts';
import type { Target } from '../target.ts';
import { type ClusterStatus, readStatus } from './status.ts';

/** How far back the log is asked, and how much of it is shown. */
const backMilliseconds = 6 * 3_600_000;
const shownMax = 8;

interface Explanation {
  readonly cluster: string;
  readonly subject: string;
  /** What is so now. */
  readonly now: readonly string[];
  /** What would make it move, or that nothing has to. */
  readonly way: string;
  readonly decisions: readonly Decision[];
}

/** `trivet explain CLUSTER [SLOT|NODE]`: how it is, why it waits, and what would make it move. */
export async function explain(
  target: Target,
  cluster: string,
  subject: string | undefined,
  output: Output,
): Promise<number> {
  const status = await readStatus(target, cluster);
  const now = subject === undefined ? explainCluster(status) : await explainSubject(target, status, subject);
  const since = new Date(Date.now() - backMilliseconds);
  const decisions = await readDecisions(target, cluster, {
    since,
    ...(subject !== undefined && { subject }),
  });
  const shown = latestDecisions(decisions, shownMax);
  const explanation: Explanation = {
    cluster,
    subject: subject ?? '',
    now,
    way: wayOf(status, now, decisions.filter(isRecent)),
    decisions: shown,
  };
  for (const line of now) output.say(line);
  output.say(`way on: ${explanation.way}`);
  if (shown.length > 0) output.say('decided and done, latest last:');
  for (const decision of shown) output.say(`  ${renderDecision(decision)}`);
  output.result(explanation);
  return 0;
}

function explainCluster({
  cluster,
  etcd,
  lastFailure,
  members,
  paused,
  retiring,
  running,
  workers,
}: ClusterStatus): string[] {
  return [
    `${cluster}: etcd ${etcd}`,
    ...(paused === undefined ? [] : [`PAUSED: ${paused}`]),
    ...(retiring === undefined ? [] : [`RETIRING: ${retiring}`]),
    ...members.flatMap(({ healthy, problem = 'it is not known why', slot }) =>
      healthy ? [] : [`slot ${slot} is not healthy: ${problem}`],
    ),
    ...workers.pools.flatMap(({ guardClosed, pool }) =>
      guardClosed
        ? [`pool ${pool}: nothing is replaced since ${guardClosed.since}: ${guardClosed.reason}`]
        : [],
    ),
    ...running.map(({ name, since, workflow }) => `${workflow} ${name} runs since ${since}`),
    ...(lastFailure === undefined ? [] : [`last failure: ${lastFailure}`]),
  ];
}

async function explainSubject(target: Target, status: ClusterStatus, subject: string): Promise<string[]> {
  const paused = status.paused === undefined ? [] : [`PAUSED: ${status.paused}`];
  const member = status.members.find(({ slot }) => slot === subject);
  if (member) {
    const { healthy, instanceId = 'none', leader, problem = 'it is not known why', voter } = member;
    const role = leader ? 'leads' : voter ? 'votes' : 'does not vote';
    return [
      ...paused,
      `slot ${subject}: instance ${instanceId}; its member ${role}, and is ${healthy ? 'healthy' : `NOT healthy: ${problem}`}`,
      ...runningOf(status, `-${subject}-`),
    ];
  }
  if (!/^i-[0-9a-f]+$/.test(subject))
    throw new CommandError(
      `${status.cluster} has no slot ${subject}; it has: ${status.members.map(({ slot }) => slot).join(', ')}. A node is named by its instance, i-….`,
    );
  return [...paused, ...(await explainNode(target, status.cluster, subject)), ...runningOf(status, subject)];
}

function runningOf({ running }: ClusterStatus, part: string): string[] {
  const own = running.filter(({ name }) => name.includes(part));
  return own.map(({ name, since, workflow }) => `${workflow} ${name} works on it since ${since}`);
}

async function explainNode(target: Target, cluster: string, instanceId: string): Promise<string[]> {
  const [found, repairs] = await Promise.all([
    readObservation(makeObjects(target.config), cluster, new Date()),
    makeRegistry(target.config).getRepairs(cluster),
  ]);
  const node = found?.observation.nodes.find(({ name }) => name === instanceId);
  const why = unhealthyIn(repairs, instanceId);
  const seen = found ? `seen ${Math.round(found.ageSeconds)} s ago` : 'nobody has looked at the nodes yet';
  return [
    node ? describeNode(node, seen) : `${instanceId} is no node of a pool of ${cluster} (${seen})`,
    ...(why === undefined ? [] : [`${instanceId} ${why}`]),
    ...(node?.staysBecause === undefined ? [] : [`it is not removed: ${node.staysBecause}`]),
    ...(node?.pods ?? []).flatMap(({ staysBecause }) =>
      staysBecause === undefined ? [] : [`it is not removed: ${staysBecause}`],
    ),
  ];
}

function describeNode(
  { conditions, name, pool, unschedulable, zone = 'no zone yet' }: WorkerNode,
  seen: string,
): string {
  const ready = conditions.find(({ type }) => type === 'Ready');
  const state =
    ready?.status === 'True' ? `ready since ${ready.since}` : `NOT ready since ${ready?.since ?? 'it came'}`;
  return `${name}: pool ${pool}, ${zone}, ${state}${unschedulable ? ', takes no pods' : ''} (${seen})`;
}

function unhealthyIn(repairs: RepairsRecord | undefined, instanceId: string): string | undefined {
  return Object.values(repairs?.pools ?? {})
    .flatMap(({ unhealthy }) => unhealthy)
    .find((one) => one.instanceId === instanceId)?.why;
}

/** What lasts is decided anew each minute, a hold every five: what was decided long before is over. */
const recentMilliseconds = 6 * 60_000;

function isRecent({ at }: Decision): boolean {
  return Date.now() - Date.parse(at) <= recentMilliseconds;
}

/** What has to happen, by the latest that was decided; first match wins. */
function wayOf(
  { cluster, paused, retiring }: ClusterStatus,
  now: readonly string[],
  decisions: readonly Decision[],
): string {
  const latest = decisions.findLast((decision) => decision.action !== undefined && isTelling(decision));
  if (paused !== undefined)
    return 'Trivet changes nothing while it is paused: trivet runbook start resume-automation ends that';
  if (now.some((line) => / works on it since | runs since /.test(line)))
    return 'a workflow has it in hand: trivet events --follow shows how it goes on';
  if (retiring !== undefined)
    return `trivet retire ${cluster} --confirm ${cluster} goes on with it; nothing else is done`;
  if (latest?.action === 'hold')
    return 'a person has to act: docs/runbooks/slot-held.md; the sweep looks again each minute';
  if (latest?.action === 'report') return 'a person has to act: docs/runbooks/slot-unattended.md says what';
  if (latest?.action === 'refuse')
    return 'the storm guard opens once enough workers are well: docs/runbooks/worker-storm.md';
  if (latest?.action === 'wait')
    return `it moves by itself once this is no longer so: ${latest.reason ?? 'no reason was given'}`;
  if (now.some((line) => /NOT|not healthy/.test(line)))
    return 'the sweep looks each minute and acts once the limits of its rules are over';
  return 'nothing has to be done';
}

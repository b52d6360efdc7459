import { createHash } from 'node:crypto';
import type { ClusterRecord } from '../aws/registry.ts';
import { describePause, pauseOf } from '../clusters/pause.ts';
import { retiringReason } from '../clusters/retiring.ts';
import { RunbookRefused } from '../runtime/errors.ts';
import { refuseSize } from '../scaling/decide-person-sizes.ts';
import type { RunbookDecision, RunbookRequest } from './contracts.ts';
import { type RunbookParameter, runbooks } from './definitions.ts';

/** What is known of the cluster that a runbook names. */
export interface RunbookSubject {
  /** Names of all clusters of the deployment. */
  readonly clusters: readonly string[];
  readonly record?: ClusterRecord;
  readonly slots: readonly string[];
  /** Of the slot that is named: the execution that has it in hand now. */
  readonly slotHolder?: string;
  /** The worker that is named, where a group of the cluster's pools has it. */
  readonly worker?: { readonly pool: string; readonly zone: string };
  /** The spec that the object has, where one is named: or why it has none. */
  readonly written?: { readonly spec?: object; readonly problem?: string };
}

/** What was asked, by the parameter's name, defaults filled in. */
export type RunbookArguments = Readonly<Record<string, string>>;

/**
 * The arguments of a request, checked as SSM checks them: an execution may be started by hand, past SSM. Pure. Throws RunbookRefused naming
 * every parameter that is wrong.
 */
export function readArguments({ parameters, runbook: name }: RunbookRequest): RunbookArguments {
  const runbook = runbooks.find((one) => one.name === name);
  if (!runbook) throw new RunbookRefused(`there is no runbook ${name}; there are: ${namesOf(runbooks)}`);
  const unknown = Object.keys(parameters).filter(
    (given) => !runbook.parameters.some((parameter) => parameter.name === given),
  );
  const problems = [
    ...unknown.map(
      (given) => `${given}: ${name} has no such parameter; it has: ${namesOf(runbook.parameters)}`,
    ),
    ...runbook.parameters.flatMap((parameter) => problemOf(parameter, parameters[parameter.name]) ?? []),
    ...problemsOfConfirm(parameters),
  ];
  if (problems.length > 0) throw new RunbookRefused(problems.join('; '));
  return Object.fromEntries(
    runbook.parameters.map(({ default: fallback, name: key }) => [
      key,
      String(parameters[key] ?? fallback ?? ''),
    ]),
  );
}

function problemsOfConfirm({ Cluster: cluster, Confirm: confirm }: RunbookRequest['parameters']): string[] {
  if (typeof confirm !== 'string' || typeof cluster !== 'string' || confirm === cluster) return [];
  return [`Confirm: "${confirm}" is not the name of the cluster again, "${cluster}"`];
}

function problemOf(parameter: RunbookParameter, value: unknown): string | undefined {
  const { allowedPattern, allowedValues, name } = parameter;
  if (value === undefined) return parameter.default === undefined ? `${name}: must be given` : undefined;
  if (typeof value !== 'string') return `${name}: must be text`;
  if (allowedValues && !allowedValues.includes(value))
    return `${name}: ${JSON.stringify(value)} is none of ${allowedValues.join(', ')}`;
  if (allowedPattern && !new RegExp(allowedPattern).test(value))
    return `${name}: ${JSON.stringify(value)} does not match ${allowedPattern}`;
  return undefined;
}

function namesOf(all: readonly { readonly name: string }[]): string {
  return all.map(({ name }) => name).join(', ');
}

/**
 * What a runbook does. Pure. Throws RunbookRefused with the reason where it cannot be done: the cluster is not known, or paused, or has no such
 * slot or worker (issue 5). Two people who ask for the same get one execution.
 */
export function decideRunbook(
  request: RunbookRequest,
  given: RunbookArguments,
  subject: RunbookSubject,
  now: Date,
): RunbookDecision {
  const name = request.runbook;
  const { Cluster: cluster = '' } = given;
  const { clusters, record } = subject;
  if (name === 'provision-cluster') return decideProvisioning(given, subject, now);
  // One that died while it forgot the cluster has left its name in the index alone, and goes on all the same.
  if (name === 'retire-cluster' && (record || clusters.includes(cluster)))
    return decideRetirement(given, record, now);
  if (!record)
    throw new RunbookRefused(
      `Cluster: there is no cluster ${cluster}; there are: ${clusters.join(', ') || 'none'}`,
    );
  refuseRetiring(record);
  if (name === 'pause-automation')
    return { action: 'pause', cluster, minutes: Number(given.Minutes), reason: given.Reason ?? '' };
  if (name === 'resume-automation') return { action: 'resume', cluster, reason: 'a person asks for it' };
  refusePaused(record, now);
  if (name === 'scale-pool') return decideSize(given, record);
  return given.Slot === undefined
    ? decideForWorker(name, given, subject)
    : decideForSlot(name, given, subject);
}

function refuseRetiring(record: ClusterRecord): void {
  const retiring = retiringReason(record);
  if (retiring !== undefined) throw new RunbookRefused(`Cluster: ${retiring}: nothing else is done to it`);
}

/** One that was begun goes on as it was begun, whatever is asked for of its volumes: to keep them may be asked for later, too. */
function decideRetirement(
  { Cluster: cluster = '', Confirm: confirm = '', Volumes: volumes }: RunbookArguments,
  record: ClusterRecord | undefined,
  now: Date,
): RunbookDecision {
  if (record) refusePaused(record, now);
  const reason = `${cluster} is taken away, its volumes ${volumes === 'keep' ? 'kept' : 'with it'}`;
  const input = { cluster, confirm, ...(volumes === 'keep' && { keepVolumes: true }) };
  return starting('retire-cluster', { reason, cluster, input });
}

function decideSize(
  { Cluster: cluster = '', Pool: pool, Size: size }: RunbookArguments,
  { spec: { pools } }: ClusterRecord,
): RunbookDecision {
  const found = pools.find(({ name }) => name === pool);
  if (!found)
    throw new RunbookRefused(`Pool: ${cluster} has no pool ${pool}; it has: ${namesOf(pools) || 'none'}`);
  const refusal = refuseSize(found, Number(size));
  if (refusal !== undefined) throw new RunbookRefused(`Size: ${refusal}`);
  const input = { cluster, pool, size: Number(size) };
  return starting('scale-workers', { reason: `a person asks for ${size} workers`, cluster, input });
}

function refusePaused(record: ClusterRecord, now: Date): void {
  const pause = pauseOf(record, now);
  if (pause)
    throw new RunbookRefused(
      `${describePause(record.name, pause)}. Run resume-automation first, should this be done all the same`,
    );
}

function decideProvisioning(
  { Cluster: cluster = '', SpecObject: object = '' }: RunbookArguments,
  { record, written }: RunbookSubject,
  now: Date,
): RunbookDecision {
  if (record) {
    refuseRetiring(record);
    refusePaused(record, now);
  }
  const spec = object === 'recorded' ? record?.spec : written?.spec;
  if (object === 'recorded' && !spec)
    throw new RunbookRefused(
      `SpecObject: nothing is recorded of ${cluster}: put its spec into the deployment's bucket as specs/${cluster}.yaml, and give that`,
    );
  if (!spec) throw new RunbookRefused(`SpecObject: ${written?.problem ?? `${object} was not read`}`);
  const named = (spec as { readonly name?: unknown }).name;
  if (named !== cluster)
    throw new RunbookRefused(
      `Cluster: ${object} is the spec of ${JSON.stringify(named ?? null)}, not of ${cluster}`,
    );
  const reason = record ? `${cluster} is brought to what its spec says` : `${cluster} is made`;
  return starting('provision-cluster', { reason, cluster, input: { spec } });
}

function decideForSlot(
  name: string,
  { AcceptDowntime: acceptDowntime, Cluster: cluster = '', Reason: why, Slot: slot = '' }: RunbookArguments,
  { slotHolder, slots }: RunbookSubject,
): RunbookDecision {
  if (!slots.includes(slot))
    throw new RunbookRefused(
      `Slot: ${cluster} has no slot ${slot}; it has: ${slots.join(', ') || 'none yet'}`,
    );
  if (slotHolder !== undefined)
    throw new RunbookRefused(`Slot: an execution has slot ${slot} of ${cluster} in hand: ${slotHolder}`);
  const reason = 'a person asks for it';
  if (name === 'kick-slot') return { action: 'kick', reason, cluster, slot };
  if (name === 'replace-control-plane-node') {
    const input = { cluster, slot, reason: why, acceptDowntime: acceptDowntime === 'true' };
    return starting('replace-control-plane-node', { reason, cluster, input });
  }
  return starting('replace-etcd-member', { reason, cluster, input: { cluster, slot } });
}

function decideForWorker(
  name: string,
  {
    Afterwards: afterwards,
    Cluster: cluster = '',
    InstanceId: instanceId = '',
    Reason: why,
  }: RunbookArguments,
  { worker }: RunbookSubject,
): RunbookDecision {
  if (!worker) throw new RunbookRefused(`InstanceId: no pool of ${cluster} has the instance ${instanceId}`);
  const { pool, zone } = worker;
  const of = { cluster, pool, zone, instanceId };
  const reason = 'a person asks for it';
  return name === 'drain-worker'
    ? starting('drain-worker', { reason, cluster, input: { ...of, cause: 'person', afterwards } })
    : starting('repair-worker', { reason, cluster, input: { ...of, reason: why } });
}

type Starting = Extract<RunbookDecision, { action: 'start' }>;

/** Named by what is asked, so that the same, asked twice, is one execution, and something else another. */
function starting(
  workflow: Starting['workflow'],
  { cluster, input, reason }: Pick<Starting, 'cluster' | 'input' | 'reason'>,
): Starting {
  const digest = createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, 8);
  return { action: 'start', reason, cluster, workflow, prefix: `${cluster}-runbook-${digest}`, input };
}

import { createHash } from 'node:crypto';
import type { ClusterRecord } from '../aws/registry.ts';
import { describePause, pauseOf } from '../clusters/pause.ts';
import { RunbookRefused } from '../runtime/errors.ts';
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
}

/** What the parameters of a request are, by name, text all of them but the spec. */
export interface RunbookArguments {
  readonly text: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

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
  ];
  if (problems.length > 0) throw new RunbookRefused(problems.join('; '));
  const text = Object.fromEntries(
    runbook.parameters.flatMap(({ default: fallback, json, name: key }) =>
      json ? [] : [[key, String(parameters[key] ?? fallback ?? '')]],
    ),
  );
  const spec = parameters.Spec;
  return { text, ...(isObject(spec) && { spec }) };
}

function problemOf(parameter: RunbookParameter, value: unknown): string | undefined {
  const { allowedPattern, allowedValues, json, name } = parameter;
  if (value === undefined) return parameter.default === undefined ? `${name}: must be given` : undefined;
  if (json) return isObject(value) ? undefined : `${name}: must be a JSON object`;
  if (typeof value !== 'string') return `${name}: must be text`;
  if (allowedValues && !allowedValues.includes(value))
    return `${name}: ${JSON.stringify(value)} is none of ${allowedValues.join(', ')}`;
  if (allowedPattern && !new RegExp(allowedPattern).test(value))
    return `${name}: ${JSON.stringify(value)} does not match ${allowedPattern}`;
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function namesOf(all: readonly { readonly name: string }[]): string {
  return all.map(({ name }) => name).join(', ');
}

/** The cluster that a request is of; undefined where its spec names none, which is the workflow's own to refuse. Pure. */
export function clusterOf({ spec, text }: RunbookArguments): string | undefined {
  const named = spec ? spec.name : text.Cluster;
  return typeof named === 'string' ? named : undefined;
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
  const { spec, text } = given;
  const name = request.runbook;
  const cluster = clusterOf(given) ?? '';
  if (spec) return decideProvisioning(spec, cluster, subject, now);
  const { record } = subject;
  if (!record)
    throw new RunbookRefused(
      `Cluster: there is no cluster ${cluster}; there are: ${subject.clusters.join(', ') || 'none'}`,
    );
  if (name === 'pause-automation')
    return { action: 'pause', cluster, minutes: Number(text.Minutes), reason: text.Reason ?? '' };
  if (name === 'resume-automation') return { action: 'resume', cluster, reason: 'a person asks for it' };
  refusePaused(record, now);
  return text.Slot === undefined
    ? decideForWorker(name, text, cluster, subject)
    : decideForSlot(name, text.Slot, cluster, subject);
}

function refusePaused(record: ClusterRecord, now: Date): void {
  const pause = pauseOf(record, now);
  if (pause)
    throw new RunbookRefused(
      `${describePause(record.name, pause)}. Run resume-automation first, should this be done all the same`,
    );
}

function decideProvisioning(
  spec: Readonly<Record<string, unknown>>,
  cluster: string,
  { record }: RunbookSubject,
  now: Date,
): RunbookDecision {
  if (cluster === '') throw new RunbookRefused('Spec: name: must be given');
  if (record) refusePaused(record, now);
  const reason = record ? `${cluster} is brought to what its spec says` : `${cluster} is made`;
  return starting('provision-cluster', { reason, cluster, input: { spec } });
}

function decideForSlot(
  name: string,
  slot: string,
  cluster: string,
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
  return starting('replace-etcd-member', { reason, cluster, input: { cluster, slot } });
}

function decideForWorker(
  name: string,
  { Afterwards: afterwards, InstanceId: instanceId = '', Reason: why }: Readonly<Record<string, string>>,
  cluster: string,
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

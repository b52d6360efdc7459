import * as z from 'zod/mini';
import { type Executions, makeExecutions } from '../../functions/aws/executions.ts';
import { makeRegistry, type Registry } from '../../functions/aws/registry.ts';
import { clusterName, slotName } from '../../functions/clusters/names.ts';
import { hashSpec } from '../../functions/clusters/spec.ts';
import { CommandError } from '../output.ts';
import type { Target } from '../target.ts';
import type { ActionAnswer } from './contracts.ts';
import { startOnce } from './start-once.ts';

/** What runbooks are started through. */
export interface RunbookDeps {
  readonly registry: Pick<Registry, 'getCluster' | 'getSlot'>;
  readonly executions: Executions;
  stateMachineArn(workflow: string): string;
}

interface Start {
  readonly workflow: string;
  readonly prefix: string;
  readonly input: unknown;
}

const text = z.string().check(z.minLength(1), z.maxLength(100));
const instanceId = z.string().check(z.regex(/^i-[0-9a-f]{8,17}$/));
const ofCluster = z.strictObject({ cluster: clusterName });
const ofSlot = z.strictObject({ cluster: clusterName, slot: slotName });
const ofWorker = z.strictObject({ cluster: clusterName, pool: text, zone: slotName, instanceId });

/** Every runbook and what it starts. The prefixes are the sweep's, so that what it has started already is joined. */
const runbooks: Readonly<
  Record<string, (parameters: unknown, registry: RunbookDeps['registry']) => Promise<Start>>
> = {
  'replace-slot': async (parameters, registry) => {
    const { cluster, slot } = parse(ofSlot, parameters);
    const record = await registry.getSlot(cluster, slot);
    if (!record) throw new CommandError(`slot: cluster ${cluster} has no slot ${slot}.`);
    const prefix = `${cluster}-${slot}-${record.instanceId ?? 'none'}`;
    return { workflow: 'replace-etcd-member', prefix, input: { cluster, slot } };
  },
  'drain-worker': async (parameters) => {
    const worker = parse(ofWorker, parameters);
    const input = { ...worker, cause: 'person', afterwards: 'terminate' };
    return { workflow: 'drain-worker', prefix: prefixOf(worker), input };
  },
  'repair-worker': async (parameters) => {
    const worker = parse(ofWorker, parameters);
    const input = { ...worker, reason: 'a person asked for it at the console' };
    return { workflow: 'repair-worker', prefix: prefixOf(worker), input };
  },
  'provision-cluster': async (parameters, registry) => {
    const { cluster } = parse(ofCluster, parameters);
    const record = await registry.getCluster(cluster);
    if (!record) throw new CommandError(`cluster: there is no cluster ${cluster}.`);
    const { spec } = record;
    return {
      workflow: 'provision-cluster',
      prefix: `${cluster}-${hashSpec(spec).slice(0, 8)}`,
      input: { spec },
    };
  },
};

function prefixOf({ cluster, instanceId: id, pool }: z.infer<typeof ofWorker>): string {
  return `${cluster}-${pool}-${id}`;
}

/** Clients for a deployment. */
export function makeRunbookDeps(target: Target): RunbookDeps {
  return {
    registry: makeRegistry(target.config),
    executions: makeExecutions(target.config),
    stateMachineArn: (workflow) => target.stateMachineArn(workflow),
  };
}

/**
 * Starts a runbook, or joins the one that runs for the very same. The one way from the page to what changes a cluster. Throws CommandError
 * for a runbook that is not there and for parameters that are not as it takes them, naming the parameter, before anything is started.
 */
export async function startRunbook(
  name: string,
  parameters: Readonly<Record<string, string>>,
  deps: RunbookDeps,
): Promise<ActionAnswer> {
  const prepare = Object.hasOwn(runbooks, name) ? runbooks[name] : undefined;
  if (!prepare)
    throw new CommandError(`there is no runbook ${name}; there are: ${Object.keys(runbooks).join(', ')}.`);
  const { input, prefix, workflow } = await prepare(parameters, deps.registry);
  const stateMachineArn = deps.stateMachineArn(workflow);
  const { executionArn, joined } = await startOnce(deps.executions, { stateMachineArn, prefix, input });
  const execution = executionArn.split(':').at(-1);
  return {
    message: joined ? `${workflow} runs already: ${execution}.` : `Started ${workflow}: ${execution}.`,
    executionArn,
  };
}

/** Throws CommandError that names the first parameter that is not as it must be. */
function parse<T>(schema: z.ZodMiniType<T>, parameters: unknown): T {
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const keys = issue && 'keys' in issue ? issue.keys : [];
  throw new CommandError(
    `${[...(issue?.path ?? []), ...keys].join('.') || 'parameters'}: ${issue?.message}.`,
  );
}

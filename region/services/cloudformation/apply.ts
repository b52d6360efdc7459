import { isDeepStrictEqual } from 'node:util';
import type { Kernel } from '../../kernel/kernel.ts';
import { type Providers, readProperties, wantedResources } from './check.ts';
import { evaluate } from './intrinsics.ts';
import { type Existing, isGone, type Made, type Provider, type ProviderContext } from './provider.ts';
import { dependenciesOf } from './references.ts';
import type { StackScope } from './scope.ts';
import { type Stack, type StackResource, setResourceStatus, type Target } from './stack.ts';
import type { KeepPolicy } from './template.ts';

/** One run over a stack's resources. */
export interface Session {
  readonly kernel: Kernel;
  readonly providers: Providers;
  readonly stack: Stack;
  readonly target: Target;
  readonly scope: StackScope;
  /** Resources whose place a new one took: removed once all is well, or put back. */
  readonly replaced: StackResource[];
}

/** A resource failed; the others were not tried any more. */
class ResourceFailed extends Error {
  readonly logicalId: string;
  constructor(logicalId: string, cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super(`${logicalId}: ${message}`, { cause });
    this.logicalId = logicalId;
  }
}

const settleMilliseconds = 60_000;
const probeMilliseconds = 25;

function contextFor(kernel: Kernel, stack: Stack, logicalId: string): ProviderContext {
  return {
    kernel,
    stackName: stack.name,
    stackId: stack.id,
    logicalId,
    call: (service, operation, input) => kernel.invoke(service, operation, input),
    name: (longest) => {
      const random = kernel.ids.upper(12);
      const room = longest - random.length - 2;
      const half = Math.floor(room / 2);
      const stackPart = stack.name.slice(0, Math.max(half, room - logicalId.length));
      return `${stackPart}-${logicalId.slice(0, room - stackPart.length)}-${random}`;
    },
    until: async (probe) => {
      const deadline = kernel.clock.now().getTime() + settleMilliseconds;
      for (;;) {
        const value = await probe();
        if (value !== undefined) return value;
        if (kernel.clock.now().getTime() > deadline)
          throw new Error(`${logicalId} did not stabilize within 60 seconds`);
        await kernel.clock.sleep(probeMilliseconds);
      }
    },
  };
}

/**
 * Makes or changes every resource that the target wants, each as soon as those that it depends on are there. After the first failure
 * nothing new is begun; what is under way is awaited. Throws the first failure as ResourceFailed.
 */
export async function applyResources(session: Session): Promise<void> {
  const { stack, target, scope } = session;
  const wanted = wantedResources(target.template, scope);
  const running = new Map<string, Promise<void>>();
  let failure: ResourceFailed | undefined;
  const run = async (logicalId: string): Promise<void> => {
    const declaration = target.template.resources[logicalId];
    if (!declaration) return;
    const dependencies = dependenciesOf(declaration, target.template, scope.condition);
    await Promise.all([...dependencies].map(start));
    if (failure) return;
    try {
      await applyOne(session, logicalId, dependencies);
    } catch (error) {
      const failed = new ResourceFailed(logicalId, error);
      failure ??= failed;
      const status = stack.resources.has(logicalId) ? 'UPDATE_FAILED' : 'CREATE_FAILED';
      const reason = error instanceof Error ? error.message : String(error);
      setResourceStatus(session.kernel, stack, { logicalId, type: declaration.Type }, status, reason);
    }
  };
  const start = (logicalId: string): Promise<void> => {
    const known = running.get(logicalId);
    if (known) return known;
    // A microtask later, so that a resource is known as running before its dependencies ask for it.
    const begun = Promise.resolve().then(() => run(logicalId));
    running.set(logicalId, begun);
    return begun;
  };
  await Promise.all(wanted.map(start));
  if (failure) throw failure;
}

async function applyOne(
  session: Session,
  logicalId: string,
  dependencies: ReadonlySet<string>,
): Promise<void> {
  const { stack, target, scope, providers } = session;
  const declaration = target.template.resources[logicalId];
  const provider = providers.get(declaration?.Type ?? '');
  if (!declaration || !provider) return;
  const evaluated = evaluate(declaration.Properties, scope);
  const properties = readProperties(provider, logicalId, evaluated);
  const before = stack.resources.get(logicalId);
  const entry = { logicalId, type: declaration.Type, declaration, evaluated, properties, dependencies };
  if (before?.type === declaration.Type && isDeepStrictEqual(before.evaluated, evaluated)) {
    stack.resources.set(logicalId, { ...entry, made: before.made });
    return;
  }
  const made = await makeOrChange(session, provider, before, entry);
  stack.resources.set(logicalId, { ...entry, made });
  const status = before ? 'UPDATE_COMPLETE' : 'CREATE_COMPLETE';
  setResourceStatus(
    session.kernel,
    stack,
    { logicalId, type: entry.type, physicalId: made.physicalId },
    status,
  );
}

async function makeOrChange(
  session: Session,
  provider: Provider,
  before: StackResource | undefined,
  entry: Omit<StackResource, 'made'>,
): Promise<Made> {
  const { kernel, stack } = session;
  const context = contextFor(kernel, stack, entry.logicalId);
  const subject = { logicalId: entry.logicalId, type: entry.type };
  if (!before) {
    setResourceStatus(kernel, stack, subject, 'CREATE_IN_PROGRESS');
    return provider.create(entry.properties, context);
  }
  setResourceStatus(kernel, stack, { ...subject, physicalId: before.made.physicalId }, 'UPDATE_IN_PROGRESS');
  const update =
    before.type === entry.type && !needsReplacement(provider, before, entry) ? provider.update : undefined;
  if (update) return update({ ...before.made, properties: before.properties }, entry.properties, context);
  const made = await provider.create(entry.properties, context);
  // The same physical id means that the service changed the resource in place: nothing is left to remove.
  if (made.physicalId !== before.made.physicalId) session.replaced.push(before);
  return made;
}

function needsReplacement(
  provider: Provider,
  before: StackResource,
  entry: Omit<StackResource, 'made'>,
): boolean {
  const [old, next] = [before.properties, entry.properties] as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const { replacedBy = [] } = provider;
  const names = typeof replacedBy === 'function' ? replacedBy(entry.properties) : replacedBy;
  return names.some((name) => !isDeepStrictEqual(old[name], next[name]));
}

/**
 * Removes resources, each after those that depend on it; those with a deletion policy in `keep` are only forgotten. What is already gone
 * is no failure. Answers what could not be removed, and why.
 */
export async function removeResources(
  { kernel, providers, stack }: Pick<Session, 'kernel' | 'providers' | 'stack'>,
  resources: readonly StackResource[],
  keep: readonly KeepPolicy[],
): Promise<string[]> {
  const failures: string[] = [];
  const running = new Map<StackResource, Promise<void>>();
  const start = (resource: StackResource): Promise<void> => {
    const known = running.get(resource);
    if (known) return known;
    const dependents = resources.filter(
      (other) => other.dependencies.has(resource.logicalId) && other !== resource,
    );
    const begun = Promise.resolve()
      .then(() => Promise.all(dependents.map(start)))
      .then(() => removeOne(resource));
    running.set(resource, begun);
    return begun;
  };
  const removeOne = async (resource: StackResource): Promise<void> => {
    const { logicalId, type, made, declaration } = resource;
    const subject = { logicalId, type, physicalId: made.physicalId };
    const current = stack.resources.get(logicalId) === resource;
    if (keep.includes(declaration.DeletionPolicy)) {
      if (current) setResourceStatus(kernel, stack, subject, 'DELETE_SKIPPED');
    } else {
      if (current) setResourceStatus(kernel, stack, subject, 'DELETE_IN_PROGRESS');
      const failure = await tryRemove(kernel, stack, providers.get(type), resource);
      if (failure !== undefined) {
        failures.push(`${logicalId}: ${failure}`);
        setResourceStatus(kernel, stack, subject, 'DELETE_FAILED', failure);
        return;
      }
      if (current) setResourceStatus(kernel, stack, subject, 'DELETE_COMPLETE');
    }
    if (current) stack.resources.delete(logicalId);
  };
  await Promise.all(resources.map(start));
  return failures;
}

async function tryRemove(
  kernel: Kernel,
  stack: Stack,
  provider: Provider | undefined,
  { made, properties, logicalId }: StackResource,
): Promise<string | undefined> {
  const existing: Existing<unknown> = { ...made, properties };
  try {
    await provider?.remove(existing, contextFor(kernel, stack, logicalId));
    return undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}

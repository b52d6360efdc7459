import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { applyResources, removeResources, type Session } from './apply.ts';
import { checkTemplate, type Providers } from './check.ts';
import { evaluate } from './intrinsics.ts';
import { createScope } from './scope.ts';
import { type Stack, type StackOutput, setStatus, type Target } from './stack.ts';
import type { KeepPolicy } from './template.ts';

/** What happens to a stack from its first template to its end. */
export interface Lifecycle {
  /** Throws where the template cannot be played, before anything is made. */
  check(stack: Stack, target: Target): void;
  create(stack: Stack, onFailure: 'ROLLBACK' | 'DELETE' | 'DO_NOTHING'): Promise<void>;
  update(stack: Stack, target: Target): Promise<void>;
  remove(stack: Stack): Promise<void>;
}

export interface Exports {
  value(name: string): string | undefined;
  /** Names of stacks that import it. */
  users(name: string): string[];
}

export function createLifecycle(kernel: Kernel, providers: Providers, exports: Exports): Lifecycle {
  const sessionOf = (stack: Stack, target: Target): Session => ({
    kernel,
    providers,
    stack,
    target,
    scope: createScope(kernel, stack, target, exports.value),
    replaced: [],
  });
  return {
    check: (stack, target) => checkTemplate(target.template, providers, sessionOf(stack, target).scope),
    create: (stack, onFailure) => create(sessionOf(stack, stack.target), exports, onFailure),
    update: (stack, target) => update(sessionOf(stack, target), sessionOf(stack, stack.target), exports),
    remove: (stack) => remove(sessionOf(stack, stack.target)),
  };
}

const retained: readonly KeepPolicy[] = ['Retain', 'RetainExceptOnCreate'];

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function create(session: Session, exports: Exports, onFailure: string): Promise<void> {
  const { kernel, stack } = session;
  try {
    await applyResources(session);
    finish(session, exports);
    setStatus(kernel, stack, 'CREATE_COMPLETE');
  } catch (error) {
    const reason = `The following resource(s) failed to create: ${reasonOf(error)}`;
    if (onFailure === 'DO_NOTHING') return setStatus(kernel, stack, 'CREATE_FAILED', reason);
    setStatus(kernel, stack, onFailure === 'DELETE' ? 'DELETE_IN_PROGRESS' : 'ROLLBACK_IN_PROGRESS', reason);
    // As on AWS, Retain also holds when the stack that made the resource is rolled back; RetainExceptOnCreate does not.
    const failures = await removeResources(session, [...stack.resources.values()], ['Retain']);
    if (failures.length > 0)
      return setStatus(kernel, stack, 'ROLLBACK_FAILED', `${reason}; not removed: ${failures.join('; ')}`);
    if (onFailure === 'DELETE') return finishRemoval(session);
    setStatus(kernel, stack, 'ROLLBACK_COMPLETE', reason);
  }
}

async function update(session: Session, previous: Session, exports: Exports): Promise<void> {
  const { kernel, stack, target } = session;
  const known = new Set(stack.resources.keys());
  try {
    await applyResources(session);
    finish(session, exports);
  } catch (error) {
    return rollBackUpdate(session, previous, known, exports, reasonOf(error));
  }
  stack.target = target;
  stack.updatedAt = kernel.clock.now();
  setStatus(kernel, stack, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
  const wanted = new Set(
    Object.entries(target.template.resources)
      .filter(([, { Condition: condition }]) => condition === undefined || session.scope.condition(condition))
      .map(([id]) => id),
  );
  const surplus = [...stack.resources.values()].filter(({ logicalId }) => !wanted.has(logicalId));
  const replaced = session.replaced.filter(
    ({ declaration }) => !retained.includes(declaration.UpdateReplacePolicy),
  );
  const failures = await removeResources(session, [...surplus, ...replaced], retained);
  setStatus(
    kernel,
    stack,
    'UPDATE_COMPLETE',
    failures.length > 0 ? `not removed: ${failures.join('; ')}` : '',
  );
}

async function rollBackUpdate(
  session: Session,
  previous: Session,
  known: ReadonlySet<string>,
  exports: Exports,
  reason: string,
): Promise<void> {
  const { kernel, stack, replaced } = session;
  setStatus(kernel, stack, 'UPDATE_ROLLBACK_IN_PROGRESS', reason);
  const fresh = [...stack.resources.values()].filter(
    ({ logicalId }) => !known.has(logicalId) || replaced.some((old) => old.logicalId === logicalId),
  );
  for (const old of replaced) stack.resources.set(old.logicalId, old);
  try {
    await applyResources(previous);
    finish(previous, exports);
  } catch (error) {
    return setStatus(kernel, stack, 'UPDATE_ROLLBACK_FAILED', `${reason}; and then ${reasonOf(error)}`);
  }
  const failures = await removeResources(session, fresh, ['Retain']);
  setStatus(kernel, stack, 'UPDATE_ROLLBACK_COMPLETE', [reason, ...failures].join('; '));
}

async function remove(session: Session): Promise<void> {
  const { kernel, stack } = session;
  setStatus(kernel, stack, 'DELETE_IN_PROGRESS');
  const failures = await removeResources(session, [...stack.resources.values()], retained);
  if (failures.length > 0) return setStatus(kernel, stack, 'DELETE_FAILED', failures.join('; '));
  finishRemoval(session);
}

function finishRemoval({ kernel, stack }: Session): void {
  stack.deletedAt = kernel.clock.now();
  stack.outputs = [];
  stack.imports = new Set();
  setStatus(kernel, stack, 'DELETE_COMPLETE');
}

/** Outputs, exports and imports, once all resources are there. Throws where an export that others use would change. */
function finish({ stack, target, scope }: Session, exports: Exports): void {
  const outputs = Object.entries(target.template.outputs)
    .filter(([, { Condition: condition }]) => condition === undefined || scope.condition(condition))
    .map(([key, declared]): StackOutput => {
      const value = evaluate(declared.Value, scope);
      if (typeof value === 'object')
        throw new AwsError('ValidationError', `Template format error: Output ${key} is not a string`);
      return {
        key,
        value: String(value),
        description: declared.Description ?? '',
        ...(declared.Export ? { exportName: String(evaluate(declared.Export.Name, scope)) } : {}),
      };
    });
  for (const before of stack.outputs) {
    if (before.exportName === undefined) continue;
    const after = outputs.find(({ exportName }) => exportName === before.exportName);
    const [user] = exports.users(before.exportName);
    if (user !== undefined && after?.value !== before.value) {
      throw new AwsError(
        'ValidationError',
        `Export ${before.exportName} cannot be updated as it is in use by ${user}`,
      );
    }
  }
  for (const { exportName } of outputs) {
    const taken =
      exportName !== undefined &&
      !stack.outputs.some((before) => before.exportName === exportName) &&
      exports.value(exportName);
    if (taken)
      throw new AwsError(
        'ValidationError',
        `Export with name ${exportName} is already exported by another stack`,
      );
  }
  stack.outputs = outputs;
  stack.imports = new Set(scope.imported);
}

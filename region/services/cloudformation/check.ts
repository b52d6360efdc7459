import type * as z from 'zod';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import { evaluateCondition } from './intrinsics.ts';
import type { Provider } from './provider.ts';
import { dependenciesOf, findCircle, referencesIn } from './references.ts';
import type { StackScope } from './scope.ts';
import { formatError, type Json, type Template } from './template.ts';

export type Providers = ReadonlyMap<string, Provider>;

/** A resource that the stack will have, its condition being met. */
export function wantedResources(template: Template, scope: StackScope): string[] {
  return Object.entries(template.resources)
    .filter(([, declared]) => declared.Condition === undefined || scope.condition(declared.Condition))
    .map(([logicalId]) => logicalId);
}

/**
 * Looks at a template before anything is made: rules, unknown types, attributes and names, circles. All resource types and attributes that
 * the region does not play are named at once.
 */
export function checkTemplate(template: Template, providers: Providers, scope: StackScope): void {
  checkRules(template, scope);
  const wanted = wantedResources(template, scope);
  const unknown = wanted
    .map((id) => template.resources[id]?.Type ?? '')
    .filter((type) => !providers.has(type));
  if (unknown.length > 0)
    throw new NotPlayedError(`the resource types ${[...new Set(unknown)].sort().join(', ')}`);
  const dependencies = new Map<string, Set<string>>();
  for (const id of wanted) {
    const declared = template.resources[id];
    if (!declared) continue;
    checkNames(template, providers, scope, id, [
      declared.Properties,
      ...declared.DependsOn.map((name) => ({ Ref: name })),
    ]);
    dependencies.set(id, dependenciesOf(declared, template, scope.condition));
  }
  for (const [name, output] of Object.entries(template.outputs)) {
    if (output.Condition === undefined || scope.condition(output.Condition))
      checkNames(template, providers, scope, name, output);
  }
  const circle = findCircle(dependencies);
  if (circle)
    throw new AwsError('ValidationError', `Circular dependency between resources: [${circle.join(', ')}]`);
}

function checkRules(template: Template, scope: StackScope): void {
  for (const [name, rule] of Object.entries(template.rules)) {
    if (rule.RuleCondition !== undefined && !evaluateCondition(rule.RuleCondition, scope)) continue;
    for (const { Assert: assertion, AssertDescription: description } of rule.Assertions) {
      if (evaluateCondition(assertion, scope)) continue;
      throw new AwsError(
        'ValidationError',
        `Template validation error: rule ${name}: ${description ?? 'its assertion failed'}`,
      );
    }
  }
}

function checkNames(
  template: Template,
  providers: Providers,
  scope: StackScope,
  owner: string,
  value: unknown,
): void {
  for (const { logicalId, attribute } of referencesIn(value, scope.condition)) {
    const declared = template.resources[logicalId];
    if (!declared) {
      if (attribute === undefined && (logicalId.startsWith('AWS::') || template.parameters[logicalId]))
        continue;
      throw formatError(`Unresolved resource dependencies [${logicalId}] in the template (of ${owner})`);
    }
    if (attribute === undefined || attribute === '') continue;
    const known = providers.get(declared.Type)?.attributes;
    if (known && !known.includes(attribute)) {
      throw new NotPlayedError(
        `the attribute ${attribute} of ${declared.Type} (${logicalId}, used by ${owner})`,
      );
    }
  }
}

/** The properties as the provider's schema reads them, without those that it knowingly ignores. Loud on any other. */
export function readProperties(provider: Provider, logicalId: string, evaluated: unknown): unknown {
  const parsed = provider.properties.safeParse(without(evaluated as Json, Object.keys(provider.ignored)));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => problemOf(issue));
  throw new NotPlayedError(`${provider.type} (${logicalId}) with these properties: ${problems.join('; ')}`);
}

function problemOf(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path === '' ? '' : `${path}.`}${key} is not honoured`).join('; ');
  }
  return `${path === '' ? 'Properties' : path}: ${issue.message}`;
}

function without(value: Json, paths: readonly string[]): Json {
  return paths.reduce<Json>((rest, path) => withoutPath(rest, path.split('.')) as Json, value);
}

function withoutPath(value: unknown, [first = '', ...rest]: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutPath(item, [first, ...rest]));
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, first)) return value;
  const { [first]: inner, ...others } = value as Record<string, unknown>;
  return rest.length === 0 ? others : { ...others, [first]: withoutPath(inner, rest) };
}

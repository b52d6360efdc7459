import type { ResourceDeclaration, Template } from './template.ts';

/** A resource that a value names, with the attribute that it asks for (none for `Ref`). */
export interface ResourceReference {
  readonly logicalId: string;
  readonly attribute?: string;
}

/**
 * Every name that a template value refers to: by Ref, Fn::GetAtt or Fn::Sub. Of Fn::If only the branch that the condition chooses counts,
 * since the other may name a resource that is not made. Names may also be parameters and pseudo parameters.
 */
export function referencesIn(value: unknown, condition: (name: string) => boolean): ResourceReference[] {
  const found: ResourceReference[] = [];
  const visit = (item: unknown): void => {
    if (Array.isArray(item)) {
      for (const each of item) visit(each);
      return;
    }
    if (typeof item !== 'object' || item === null) return;
    for (const [key, argument] of Object.entries(item)) {
      if (key === 'Ref' && typeof argument === 'string') found.push({ logicalId: argument });
      else if (key === 'Fn::GetAtt') found.push(...attributeOf(argument));
      else if (key === 'Fn::If' && Array.isArray(argument))
        visit(condition(String(argument[0])) ? argument[1] : argument[2]);
      else {
        if (key === 'Fn::Sub') found.push(...substituted(argument));
        visit(argument);
      }
    }
  };
  visit(value);
  return found;
}

function attributeOf(argument: unknown): ResourceReference[] {
  const [logicalId, ...rest] =
    typeof argument === 'string' ? argument.split('.') : Array.isArray(argument) ? argument : [];
  return typeof logicalId === 'string' ? [{ logicalId, attribute: rest.join('.') }] : [];
}

function substituted(argument: unknown): ResourceReference[] {
  const [template, own] = Array.isArray(argument) ? argument : [argument, {}];
  if (typeof template !== 'string') return [];
  return [...template.matchAll(/\$\{([^!}][^}]*)\}/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => !Object.hasOwn(own as object, name))
    .map((name) => {
      const dot = name.indexOf('.');
      return dot < 0
        ? { logicalId: name }
        : { logicalId: name.slice(0, dot), attribute: name.slice(dot + 1) };
    });
}

/** The resources that must be there before this one. */
export function dependenciesOf(
  declaration: ResourceDeclaration,
  template: Template,
  condition: (name: string) => boolean,
): Set<string> {
  const named = referencesIn(declaration.Properties, condition).map(({ logicalId }) => logicalId);
  return new Set(
    [...declaration.DependsOn, ...named].filter((name) => {
      const declared = template.resources[name];
      return declared !== undefined && (declared.Condition === undefined || condition(declared.Condition));
    }),
  );
}

/** The members of a dependency circle, or nothing. */
export function findCircle(dependencies: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | undefined => {
    const at = path.indexOf(name);
    if (at >= 0) return path.slice(at);
    if (done.has(name)) return undefined;
    for (const next of dependencies.get(name) ?? []) {
      const circle = visit(next, [...path, name]);
      if (circle) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of dependencies.keys()) {
    const circle = visit(name, []);
    if (circle) return circle;
  }
  return undefined;
}

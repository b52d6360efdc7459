import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import { cidrBlocks } from './cidr.ts';

/** What the intrinsic functions of a template can see. Each function throws where a name leads nowhere. */
export interface Scope {
  /** Value of `Ref`: a parameter, a pseudo parameter, or the resource's reference. */
  reference(name: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, first: string, second: string): unknown;
  importValue(name: string): string;
  readonly zones: readonly string[];
}

/** What `Ref: AWS::NoValue` leaves: a property or list entry that is not there. */
const noValue = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

function templateError(message: string): AwsError {
  return new AwsError('ValidationError', `Template error: ${message}`);
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw templateError(`${name} needs a string where it has ${describe(value)}`);
}

function list(name: string, value: unknown, length?: number): readonly unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value;
  throw templateError(
    `${name} needs a list${length === undefined ? '' : ` of ${length}`} where it has ${describe(value)}`,
  );
}

function describe(value: unknown): string {
  return value === noValue ? 'AWS::NoValue' : (JSON.stringify(value) ?? 'nothing').slice(0, 200);
}

function substitute(argument: unknown, scope: Scope): string {
  const [template, own] = Array.isArray(argument)
    ? (list('Fn::Sub', argument, 2) as [unknown, unknown])
    : [argument, {}];
  const variables = evaluate(own, scope) as Record<string, unknown>;
  return text('Fn::Sub', template).replaceAll(/\$\{([^}]*)\}/g, (_whole, inside: string) => {
    if (inside.startsWith('!')) return `\${${inside.slice(1)}}`;
    if (Object.hasOwn(variables, inside)) return text('Fn::Sub', variables[inside]);
    const dot = inside.indexOf('.');
    const value =
      dot < 0 ? scope.reference(inside) : scope.attribute(inside.slice(0, dot), inside.slice(dot + 1));
    return text(`Fn::Sub \${${inside}}`, value);
  });
}

function getAttribute(argument: unknown, scope: Scope): unknown {
  const [logicalId, ...rest] =
    typeof argument === 'string' ? argument.split('.') : list('Fn::GetAtt', argument, 2);
  return scope.attribute(
    text('Fn::GetAtt', logicalId),
    rest.map((part) => text('Fn::GetAtt', evaluate(part, scope))).join('.'),
  );
}

function findInMap(argument: unknown, scope: Scope): unknown {
  const [map, first, second] = list('Fn::FindInMap', evaluate(argument, scope), 3).map((part) =>
    text('Fn::FindInMap', part),
  );
  return scope.mapping(map ?? '', first ?? '', second ?? '');
}

function select(argument: unknown, scope: Scope): unknown {
  const [index, from] = list('Fn::Select', evaluate(argument, scope), 2);
  const chosen = list('Fn::Select', from)[Number(index)];
  if (chosen === undefined)
    throw templateError(`Fn::Select cannot select nonexistent value at index ${String(index)}`);
  return chosen;
}

/** The functions that may stand anywhere in Properties and Outputs. */
const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => (argument === 'AWS::NoValue' ? noValue : scope.reference(text('Ref', argument))),
  'Fn::GetAtt': getAttribute,
  'Fn::Join': (argument, scope) => {
    const [delimiter, parts] = list('Fn::Join', evaluate(argument, scope), 2);
    return list('Fn::Join', parts)
      .map((part) => text('Fn::Join', part))
      .join(text('Fn::Join', delimiter));
  },
  'Fn::Sub': substitute,
  'Fn::Select': select,
  'Fn::Split': (argument, scope) => {
    const [delimiter, source] = list('Fn::Split', evaluate(argument, scope), 2);
    return text('Fn::Split', source).split(text('Fn::Split', delimiter));
  },
  'Fn::GetAZs': (_argument, scope) => [...scope.zones],
  'Fn::Cidr': (argument, scope) => {
    const [block, count, bits] = list('Fn::Cidr', evaluate(argument, scope));
    return cidrBlocks(text('Fn::Cidr', block), Number(count), bits === undefined ? 8 : Number(bits));
  },
  'Fn::ImportValue': (argument, scope) =>
    scope.importValue(text('Fn::ImportValue', evaluate(argument, scope))),
  'Fn::Base64': (argument, scope) =>
    Buffer.from(text('Fn::Base64', evaluate(argument, scope))).toString('base64'),
  'Fn::FindInMap': findInMap,
  'Fn::If': (argument, scope) => {
    const [name, yes, no] = list('Fn::If', argument, 3);
    return evaluate(scope.condition(text('Fn::If', name)) ? yes : no, scope);
  },
};

/**
 * A template value with every intrinsic function replaced by what it means. Throws ValidationError, and NotPlayedError on a function
 * that is not in the table: never a wrong value in silence.
 */
export function evaluate(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string' && value.includes('{{resolve:'))
    throw new NotPlayedError('dynamic references ({{resolve:…}})');
  if (Array.isArray(value))
    return value.map((item) => evaluate(item, scope)).filter((item) => item !== noValue);
  if (typeof value !== 'object' || value === null) return value;
  const [only, ...others] = Object.entries(value);
  if (only && others.length === 0 && isFunction(only[0])) return intrinsicOf(only[0])(only[1], scope);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]): [string, unknown] => {
        if (key.startsWith('Fn::')) throw templateError(`${key} must stand alone in its object`);
        return [key, evaluate(item, scope)];
      })
      .filter(([, item]) => item !== noValue),
  );
}

function isFunction(key: string): boolean {
  return key === 'Ref' || key.startsWith('Fn::');
}

function intrinsicOf(name: string): Intrinsic {
  const intrinsic = intrinsics[name];
  if (!intrinsic) throw new NotPlayedError(`the intrinsic function ${name}`);
  return intrinsic;
}

type ConditionFunction = (argument: unknown, scope: Scope) => boolean;

const conditionFunctions: Readonly<Record<string, ConditionFunction>> = {
  'Fn::And': (argument, scope) => list('Fn::And', argument).every((part) => evaluateCondition(part, scope)),
  'Fn::Or': (argument, scope) => list('Fn::Or', argument).some((part) => evaluateCondition(part, scope)),
  'Fn::Not': (argument, scope) => !evaluateCondition(list('Fn::Not', argument, 1)[0], scope),
  'Fn::Equals': (argument, scope) => {
    const [left, right] = list('Fn::Equals', evaluate(argument, scope), 2);
    return (
      JSON.stringify(left) === JSON.stringify(right) ||
      (typeof left !== 'object' && String(left) === String(right))
    );
  },
  'Fn::Contains': (argument, scope) => {
    const [values, value] = list('Fn::Contains', evaluate(argument, scope), 2);
    return list('Fn::Contains', values).includes(value);
  },
  Condition: (argument, scope) => scope.condition(text('Condition', argument)),
};

/** A condition of the Conditions section, or an assertion of the Rules section. */
export function evaluateCondition(value: unknown, scope: Scope): boolean {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const [name, argument] = entries[0] ?? [];
  if (entries.length !== 1 || name === undefined)
    throw templateError(`a condition has the malformed value ${describe(value)}`);
  const run = conditionFunctions[name];
  if (!run) throw new NotPlayedError(`the condition function ${name}`);
  return run(argument, scope);
}

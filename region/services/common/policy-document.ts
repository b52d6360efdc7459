import type { Principal } from '../../kernel/kernel.ts';

/** A statement of an IAM policy document; the forms that may be one or many are lists here. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  /** `AWS:<arn>`, `Service:<host>`, `Federated:<provider>`, or `*`. */
  readonly principals: readonly string[];
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Why a text is not a policy document; the caller turns it into its service's refusal. */
export class PolicyInvalid extends Error {
  override readonly name = 'PolicyInvalid';
}

const statementFields = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
]);

/**
 * Parses a policy document and checks its grammar (IAM user guide, "Grammar of the IAM JSON policy language"). `kind` says which of
 * `Resource` and `Principal` must be there: identity policies name resources, trust policies name principals, key and bucket
 * policies name both.
 */
export function parsePolicy(text: string, kind: 'identity' | 'trust' | 'resource'): Statement[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new PolicyInvalid('This policy contains invalid Json');
  }
  if (!isRecord(document)) throw new PolicyInvalid('Syntax errors in policy.');
  const { Version, Statement: statements } = document;
  if (Version !== undefined && Version !== '2012-10-17' && Version !== '2008-10-17') {
    throw new PolicyInvalid('The policy must contain a valid version string.');
  }
  const list = Array.isArray(statements) ? statements : statements === undefined ? [] : [statements];
  if (list.length === 0) throw new PolicyInvalid('Syntax errors in policy.');
  return list.map((statement) => parseStatement(statement, kind));
}

function parseStatement(statement: unknown, kind: 'identity' | 'trust' | 'resource'): Statement {
  if (!isRecord(statement)) throw new PolicyInvalid('Syntax errors in policy.');
  for (const field of Object.keys(statement)) {
    if (!statementFields.has(field)) throw new PolicyInvalid(`Syntax error: unknown field ${field}.`);
  }
  const { Effect, Action, NotAction, Resource, NotResource, Principal, NotPrincipal, Condition } = statement;
  if (Effect !== 'Allow' && Effect !== 'Deny') throw new PolicyInvalid('Syntax errors in policy.');
  if ((Action === undefined) === (NotAction === undefined)) {
    throw new PolicyInvalid('Policy statement must contain actions.');
  }
  const actions = texts(Action);
  const notActions = texts(NotAction);
  for (const action of [...actions, ...notActions]) {
    if (action !== '*' && !/^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(action)) {
      throw new PolicyInvalid('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
    }
  }
  const named = Principal !== undefined || NotPrincipal !== undefined;
  if (kind === 'identity' && named) {
    throw new PolicyInvalid('Policy document should not specify a principal.');
  }
  if (kind !== 'identity' && !named) throw new PolicyInvalid('Policy statement must contain principals.');
  const targeted = Resource !== undefined || NotResource !== undefined;
  if (kind === 'trust' && targeted) throw new PolicyInvalid('Has prohibited field Resource.');
  if (kind !== 'trust' && !targeted) throw new PolicyInvalid('Policy statement must contain resources.');
  for (const resource of [...texts(Resource), ...texts(NotResource)]) {
    if (!/^(\*|arn:.*|\$\{.*)$/.test(resource)) {
      throw new PolicyInvalid(`Resource ${resource} must be in ARN format or "*".`);
    }
  }
  return {
    effect: Effect,
    actions,
    notActions,
    resources: texts(Resource),
    principals: parsePrincipals(Principal),
    conditions: parseConditions(Condition),
  };
}

function parsePrincipals(principal: unknown): string[] {
  if (principal === undefined) return [];
  if (principal === '*') return ['*'];
  if (!isRecord(principal)) throw new PolicyInvalid('Invalid principal in policy.');
  return Object.entries(principal).flatMap(([type, names]) => {
    if (!['AWS', 'Service', 'Federated', 'CanonicalUser'].includes(type)) {
      throw new PolicyInvalid(`Invalid principal in policy: "${type}"`);
    }
    return texts(names).map((name) => (name === '*' ? '*' : `${type}:${name}`));
  });
}

function parseConditions(condition: unknown): Statement['conditions'] {
  if (condition === undefined) return {};
  if (!isRecord(condition)) throw new PolicyInvalid('Syntax errors in policy.');
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => {
      if (!isRecord(keys)) throw new PolicyInvalid('Syntax errors in policy.');
      const parsed = Object.entries(keys).map(([key, values]) => [key, conditionValues(values)] as const);
      return [operator, Object.fromEntries(parsed)];
    }),
  );
}

function conditionValues(values: unknown): string[] {
  return (Array.isArray(values) ? values : [values]).map((value) => String(value));
}

function texts(value: unknown): string[] {
  if (value === undefined) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((each) => {
    if (typeof each === 'string') return each;
    throw new PolicyInvalid('Syntax errors in policy.');
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Everybody whom some statements name. */
export function principalsOf(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement) => statement.principals);
}

/** Whether a pattern with `*` and `?` names a text. Actions are compared without regard to case. */
export function matchesPattern(pattern: string, text: string, ignoreCase = false): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, ignoreCase ? 'is' : 's').test(text);
}

/** Whether a statement speaks of an action. */
export function namesAction(statement: Statement, action: string): boolean {
  if (statement.notActions.length > 0) {
    return !statement.notActions.some((pattern) => matchesPattern(pattern, action, true));
  }
  return statement.actions.some((pattern) => matchesPattern(pattern, action, true));
}

/** Whether a statement speaks of a caller: by its ARN, by its account (`root` or the bare id), as a service, or by `*`, which is nobody, too. */
export function namesPrincipal(
  statement: Statement,
  caller: Pick<Principal, 'kind' | 'arn'>,
  accountId: string,
): boolean {
  return statement.principals.some((principal) => {
    if (principal === '*') return true;
    if (caller.kind === 'anonymous') return false;
    if (caller.kind === 'service') return principal === `Service:${caller.arn}`;
    return [`AWS:${caller.arn}`, `AWS:${accountId}`, `AWS:arn:aws:iam::${accountId}:root`].includes(
      principal,
    );
  });
}

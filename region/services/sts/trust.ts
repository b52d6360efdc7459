import { NotPlayedError } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/kernel.ts';
import {
  matchesPattern,
  namesAction,
  namesPrincipal,
  parsePolicy,
  type Statement,
} from '../common/policy-document.ts';

export interface TrustQuestion {
  readonly principal: Principal;
  readonly accountId: string;
  readonly externalId?: string | undefined;
  readonly sessionName: string;
}

/**
 * Whether a trust policy lets a caller assume its role: some statement allows it and none denies it. The region's own services call as
 * the account's administrator.
 */
export function mayAssume(trustPolicy: string, question: TrustQuestion): boolean {
  const statements = parsePolicy(trustPolicy, 'trust').filter(
    (statement) =>
      namesAction(statement, 'sts:AssumeRole') &&
      namesPrincipal(statement, callerOf(question), question.accountId) &&
      holds(statement, question),
  );
  return (
    statements.some((statement) => statement.effect === 'Allow') &&
    !statements.some((statement) => statement.effect === 'Deny')
  );
}

function callerOf({ principal, accountId }: TrustQuestion): Pick<Principal, 'kind' | 'arn'> {
  const internal = principal.kind === 'service' && principal.arn === 'region.internal';
  return internal ? { kind: 'user', arn: `arn:aws:iam::${accountId}:root` } : principal;
}

function holds(statement: Statement, question: TrustQuestion): boolean {
  return Object.entries(statement.conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => conditionHolds(operator, key, values, question)),
  );
}

function conditionHolds(
  operator: string,
  key: string,
  wanted: readonly string[],
  question: TrustQuestion,
): boolean {
  const value = conditionValue(key, question);
  // A service calls for a resource of this account; which one, the region does not say, so any of the account fits.
  if (value === anyOfAccount)
    return wanted.some((each) => each.includes(`:${question.accountId}:`) || each === '*');
  switch (operator) {
    case 'StringEquals':
    case 'ArnEquals':
      return value !== undefined && wanted.some((each) => each === value);
    case 'StringLike':
    case 'ArnLike':
      return value !== undefined && wanted.some((each) => matchesPattern(each, value));
    case 'StringNotEquals':
      return value === undefined || !wanted.includes(value);
    default:
      throw new NotPlayedError(`the condition operator ${operator} in a trust policy`);
  }
}

const anyOfAccount = Symbol('any resource of the account');

function conditionValue(key: string, question: TrustQuestion): string | typeof anyOfAccount | undefined {
  const { principal } = question;
  switch (key.toLowerCase()) {
    case 'aws:sourcearn':
      return principal.kind === 'service' ? anyOfAccount : undefined;
    case 'aws:sourceaccount':
      return principal.kind === 'service' ? question.accountId : undefined;
    case 'aws:principalaccount':
      return question.accountId;
    case 'aws:principalarn':
      return principal.arn;
    case 'sts:externalid':
      return question.externalId;
    case 'sts:rolesessionname':
      return question.sessionName;
    default:
      throw new NotPlayedError(`the condition key ${key} in a trust policy`);
  }
}

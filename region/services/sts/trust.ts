import { NotPlayedError } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/kernel.ts';
import { conditionsHold, operatorHolds } from '../common/conditions.ts';
import { namesAction, namesPrincipal, parsePolicy, type Statement } from '../common/policy-document.ts';

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
  return conditionsHold(statement, (operator, key, wanted) =>
    conditionHolds(operator, key, wanted, question),
  );
}

export interface WebIdentityQuestion {
  /** ARN of the identity provider whose token it is, and its name in condition keys: host and path. */
  readonly providerArn: string;
  readonly providerName: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  readonly sessionName: string;
}

/** Whether a trust policy lets the bearer of a verified token take its role. Keys of other providers have no value here. */
export function mayAssumeWithWebIdentity(trustPolicy: string, question: WebIdentityQuestion): boolean {
  const { providerArn, providerName, subject, audiences, sessionName } = question;
  const name = providerName.toLowerCase();
  const values: Readonly<Record<string, readonly string[]>> = {
    [`${name}:sub`]: [subject],
    [`${name}:aud`]: audiences,
    'sts:rolesessionname': [sessionName],
  };
  const statements = parsePolicy(trustPolicy, 'trust').filter(
    (statement) =>
      namesAction(statement, 'sts:AssumeRoleWithWebIdentity') &&
      statement.principals.some((each) => each === '*' || each === `Federated:${providerArn}`) &&
      conditionsHold(statement, (operator, key, wanted) =>
        operatorHolds(operator, values[key.toLowerCase()] ?? [], wanted),
      ),
  );
  return (
    statements.some((statement) => statement.effect === 'Allow') &&
    !statements.some((statement) => statement.effect === 'Deny')
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
  return operatorHolds(operator, value === undefined ? [] : [value], wanted);
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

import { AwsError } from '../../kernel/errors.ts';

/** One statement of a function's resource policy, in AWS's JSON form. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: '*' | { readonly Service: string } | { readonly AWS: string };
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface PermissionInput {
  readonly StatementId?: string | undefined;
  readonly Action?: string | undefined;
  readonly Principal?: string | undefined;
  readonly SourceArn?: string | undefined;
  readonly SourceAccount?: string | undefined;
}

/** The statement that AddPermission adds. Throws ValidationException, InvalidParameterValueException. */
export function statementOf(input: PermissionInput, resource: string): Statement {
  const { StatementId: sid, Action: action, Principal: principal } = input;
  if (!sid || !/^[a-zA-Z0-9-_]{1,100}$/.test(sid))
    throw new AwsError('ValidationException', 'Invalid statementId.');
  if (!action || !/^lambda:([*]|[a-zA-Z]+)$/.test(action))
    throw new AwsError('ValidationException', 'Invalid action.');
  if (!principal) throw new AwsError('InvalidParameterValueException', 'The provided principal was invalid.');
  const condition = {
    ...(input.SourceArn ? { ArnLike: { 'AWS:SourceArn': input.SourceArn } } : {}),
    ...(input.SourceAccount ? { StringEquals: { 'AWS:SourceAccount': input.SourceAccount } } : {}),
  };
  return {
    Sid: sid,
    Effect: 'Allow',
    Principal: principalOf(principal),
    Action: action,
    Resource: resource,
    ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
  };
}

function principalOf(principal: string): Statement['Principal'] {
  if (principal === '*') return '*';
  if (principal.endsWith('.amazonaws.com')) return { Service: principal };
  return { AWS: /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal };
}

/** Whether the statements let an AWS service invoke on behalf of the resource `sourceArn`. */
export function allowsService(
  statements: Iterable<Statement>,
  caller: { service: string; sourceArn: string; accountId: string },
): boolean {
  for (const statement of statements) {
    if (!['lambda:InvokeFunction', 'lambda:*'].includes(statement.Action)) continue;
    const { Principal: principal, Condition: condition } = statement;
    const named = principal === '*' || ('Service' in principal && principal.Service === caller.service);
    const arn = condition?.ArnLike?.['AWS:SourceArn'];
    const account = condition?.StringEquals?.['AWS:SourceAccount'];
    if (named && (!arn || arnLike(arn, caller.sourceArn)) && (!account || account === caller.accountId))
      return true;
  }
  return false;
}

/** IAM's ArnLike: `*` and `?` within each of the six parts. */
function arnLike(pattern: string, arn: string): boolean {
  const partsOf = (text: string): string[] => {
    const parts = text.split(':');
    return [...parts.slice(0, 5), parts.slice(5).join(':')];
  };
  const actual = partsOf(arn);
  return partsOf(pattern).every((part, index) => {
    const source = part
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`).test(actual[index] ?? '');
  });
}

import type { Tag } from '@aws-sdk/client-iam';
import { AwsError } from '../../kernel/errors.ts';
import { type Page, pageAfter } from '../common/page.ts';
import { PolicyInvalid, parsePolicy, principalsOf } from '../common/policy-document.ts';
import { missingPrincipal } from '../common/principals.ts';
import type { IamState } from './state.ts';

/** A name of `[\w+=,.@-]` up to `longest` characters, or ValidationError in IAM's words. */
export function checkName(name: string | undefined, member: string, longest: number): string {
  const text = required(name, member);
  if (text.length > longest) {
    throw invalid(text, member, `Member must have length less than or equal to ${longest}`);
  }
  if (/^[\w+=,.@-]+$/.test(text)) return text;
  throw new AwsError(
    'ValidationError',
    `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
  );
}

/** A path begins and ends with a slash and has 512 characters at most; `/` when none is given. */
export function checkPath(path: string | undefined): string {
  if (path === undefined) return '/';
  if (path.length > 512) throw invalid(path, 'path', 'Member must have length less than or equal to 512');
  if (/^(\/|\/[\u0021-\u007E]+\/)$/.test(path)) return path;
  throw new AwsError(
    'ValidationError',
    'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
  );
}

export function required<T>(value: T | undefined, member: string): T {
  if (value !== undefined && value !== '') return value;
  throw invalid('null', member, 'Member must not be null');
}

export function invalid(value: string, member: string, constraint: string): AwsError {
  return new AwsError(
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}

/** An identity policy's document, or MalformedPolicyDocument. */
export function checkIdentityPolicy(document: string | undefined): string {
  const text = required(document, 'policyDocument');
  parseOrRefuse(text, 'identity');
  return text;
}

/** A trust policy: 2,048 characters at most (without white space), valid, and every role that it names is there. */
export function checkTrustPolicy(iam: IamState, document: string | undefined): string {
  const text = required(document, 'assumeRolePolicyDocument');
  if (withoutSpace(text) > 2048) {
    throw new AwsError('LimitExceeded', 'Cannot exceed quota for ACLSizePerRole: 2048', { status: 409 });
  }
  const statements = parseOrRefuse(text, 'trust');
  const missing = missingPrincipal(iam.kernel, principalsOf(statements));
  if (missing !== undefined) {
    throw new AwsError('MalformedPolicyDocument', `Invalid principal in policy: "AWS":"${missing}"`);
  }
  const federated = principalsOf(statements).find((each) => /^Federated:/.test(each) && !isFederation(each));
  if (federated !== undefined) {
    throw new AwsError(
      'MalformedPolicyDocument',
      'Federated principals must be valid domain names or SAML metadata ARNs',
    );
  }
  for (const statement of statements) {
    const action = statement.actions.find((each) => !/^sts:/i.test(each));
    if (action !== undefined) {
      throw new AwsError(
        'MalformedPolicyDocument',
        'AssumeRole policy may only specify STS AssumeRole actions.',
      );
    }
  }
  return text;
}

/** A provider's ARN, or the domain name of one that AWS knows by itself. IAM does not ask whether the provider is there. */
function isFederation(principal: string): boolean {
  const name = principal.slice('Federated:'.length);
  return /^(arn:aws:iam::\d{12}:(oidc-provider|saml-provider)\/\S+|[a-z0-9-]+(\.[a-z0-9-]+)+)$/i.test(name);
}

function parseOrRefuse(text: string, kind: 'identity' | 'trust') {
  try {
    return parsePolicy(text, kind);
  } catch (error) {
    if (!(error instanceof PolicyInvalid)) throw error;
    throw new AwsError('MalformedPolicyDocument', error.message);
  }
}

/** IAM does not count white space against its policy quotas. */
export function withoutSpace(text: string): number {
  return text.replace(/\s/g, '').length;
}

/** Tags: 50 at most, keys once each (case does not tell them apart), none of AWS's own. */
export function checkTags(tags: readonly Tag[] | undefined): Tag[] {
  const list = tags ?? [];
  if (list.length > 50) {
    throw new AwsError('LimitExceeded', 'The number of tags has reached the maximum limit.', { status: 409 });
  }
  if (new Set(list.map((tag) => tag.Key?.toLowerCase())).size < list.length) {
    throw new AwsError(
      'InvalidInput',
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    );
  }
  for (const { Key = '', Value = '' } of list) {
    if (Key === '' || Key.length > 128)
      throw invalid(Key, 'tags.member.key', 'Member must have length between 1 and 128');
    if (Value.length > 256)
      throw invalid(Value, 'tags.member.value', 'Member must have length less than or equal to 256');
    if (/^aws:/i.test(Key))
      throw new AwsError('InvalidInput', 'Tag keys beginning with aws: are reserved for system use.');
  }
  return [...list];
}

/** The tags after some are added: a key that is there already gets its new value. */
export function mergeTags(tags: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  const names = new Set(checkTags(added).map((tag) => tag.Key?.toLowerCase()));
  return checkTags([...tags.filter((tag) => !names.has(tag.Key?.toLowerCase())), ...(added ?? [])]);
}

export function withoutTags(tags: readonly Tag[], keys: readonly string[] | undefined): Tag[] {
  const names = new Set(keys?.map((key) => key.toLowerCase()));
  return tags.filter((tag) => !names.has(tag.Key?.toLowerCase() ?? ''));
}

/** A page as IAM gives it. */
export function page<T>(
  items: Iterable<T>,
  keyOf: (item: T) => string,
  input: { Marker?: string | undefined; MaxItems?: number | undefined },
): Page<T> & { readonly marks: { IsTruncated: boolean; Marker?: string } } {
  const limit = input.MaxItems ?? 100;
  if (limit < 1 || limit > 1000)
    throw invalid(String(limit), 'maxItems', 'Member must be between 1 and 1000');
  const given = pageAfter(items, keyOf, limit, input.Marker, () =>
    invalid(input.Marker ?? '', 'marker', 'Invalid Marker'),
  );
  const { nextToken } = given;
  return {
    ...given,
    marks: { IsTruncated: nextToken !== undefined, ...(nextToken !== undefined && { Marker: nextToken }) },
  };
}

import type { ParameterTier, ParameterType, Tag } from '@aws-sdk/client-ssm';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, Principal } from '../../kernel/kernel.ts';
import { type Page, pageAfter } from '../common/page.ts';
import type { StoredDocument } from './documents/document.ts';

export interface ParameterVersion {
  readonly version: number;
  /** Text, or for a SecureString its KMS ciphertext in base64. */
  readonly value: string;
  readonly type: ParameterType;
  readonly tier: ParameterTier;
  readonly dataType: string;
  readonly modified: Date;
  readonly modifiedBy: string;
  readonly description?: string | undefined;
  readonly allowedPattern?: string | undefined;
  readonly keyId?: string | undefined;
}

export interface StoredParameter {
  readonly name: string;
  /** Newest last. */
  readonly versions: ParameterVersion[];
  tags: Tag[];
}

export interface SsmState {
  readonly kernel: Kernel;
  readonly parameters: Map<string, StoredParameter>;
  readonly documents: Map<string, StoredDocument>;
}

export function documentArn(
  { region, accountId }: Pick<Kernel, 'region' | 'accountId'>,
  name: string,
): string {
  return `arn:aws:ssm:${region}:${accountId}:document/${name}`;
}

export function parameterArn(ssm: SsmState, name: string): string {
  // A public parameter belongs to no account.
  const account = name.startsWith('/aws/') ? '' : ssm.kernel.accountId;
  const path = name.startsWith('/') ? name : `/${name}`;
  return `arn:aws:ssm:${ssm.kernel.region}:${account}:parameter${path}`;
}

/** A parameter's name, or the name in its ARN. */
export function bareName(ssm: SsmState, name: string): string {
  const prefix = `arn:aws:ssm:${ssm.kernel.region}:${ssm.kernel.accountId}:parameter`;
  if (!name.startsWith(prefix)) return name;
  const path = name.slice(prefix.length);
  return ssm.parameters.has(path) ? path : path.slice(1);
}

/** A SecureString's text is encrypted under KMS as the caller, bound to the parameter's ARN. */
export async function sealValue(
  ssm: SsmState,
  name: string,
  text: string,
  keyId: string,
  principal: Principal,
): Promise<string> {
  const { CiphertextBlob } = await askKms<{ CiphertextBlob: Uint8Array }>(ssm, 'encrypt', principal, {
    KeyId: keyId,
    Plaintext: Buffer.from(text),
    EncryptionContext: { PARAMETER_ARN: parameterArn(ssm, name) },
  });
  return Buffer.from(CiphertextBlob).toString('base64');
}

export async function openValue(
  ssm: SsmState,
  name: string,
  sealed: string,
  principal: Principal,
): Promise<string> {
  const { Plaintext } = await askKms<{ Plaintext: Uint8Array }>(ssm, 'decrypt', principal, {
    CiphertextBlob: Buffer.from(sealed, 'base64'),
    EncryptionContext: { PARAMETER_ARN: parameterArn(ssm, name) },
  });
  return Buffer.from(Plaintext).toString();
}

async function askKms<O>(ssm: SsmState, operation: string, principal: Principal, input: object): Promise<O> {
  try {
    return await ssm.kernel.invoke<O>('kms', operation, input, principal);
  } catch (error) {
    if (!(error instanceof AwsError) || error.status === 501) throw error;
    throw new AwsError('InvalidKeyId', error.message);
  }
}

export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** Tags of a resource: 50 at most, one for each key. */
export function checkTags(tags: readonly Tag[]): Tag[] {
  if (tags.length > 50) throw new AwsError('TooManyTagsError', 'Too many tags');
  if (new Set(tags.map((tag) => tag.Key)).size < tags.length) throw invalid('Duplicate tag keys');
  return [...tags];
}

const resultsMax = 50;

/** One page of a list of documents, executions or steps. Throws ValidationException and InvalidNextToken. */
export function page<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  input: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
): Page<T> {
  const { MaxResults: limit = resultsMax, NextToken: token } = input;
  if (limit < 1 || limit > resultsMax)
    throw invalid(
      `1 validation error detected: Value '${limit}' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and ${resultsMax}`,
    );
  return pageAfter(
    items,
    keyOf,
    limit,
    token,
    () => new AwsError('InvalidNextToken', 'The specified token is not valid.'),
  );
}

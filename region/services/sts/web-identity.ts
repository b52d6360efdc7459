import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { fetchPublic } from '../common/public-web.ts';
import type { IamService } from '../iam/index.ts';

/** Whom a verified token speaks of. */
export interface WebIdentity {
  readonly providerArn: string;
  /** Host and path of the issuer, as condition keys have it. */
  readonly providerName: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

interface Token {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Buffer;
}

/** IAM takes tokens for five minutes beyond their end, for clocks that differ (IAM user guide, "OIDC federation"). */
const clockSkewSeconds = 5 * 60;

/**
 * Verifies a token as STS does: its issuer must be a provider in IAM; the key that its header names must be in the issuer's key set, read
 * now over the public web; signature, time and audience must be right. Throws InvalidIdentityToken, ExpiredTokenException or
 * IDPCommunicationError.
 */
export async function verifyWebIdentity(kernel: Kernel, text: string): Promise<WebIdentity> {
  const token = parseToken(text);
  const { iss, sub } = token.claims;
  if (typeof iss !== 'string') throw invalidToken('Missing a required claim: iss');
  if (typeof sub !== 'string') throw invalidToken('Missing a required claim: sub');
  const provider = (kernel.service('iam') as IamService).identityProvider(iss);
  if (!provider) throw invalidToken(`No OpenIDConnect provider found in your account for ${iss}`);
  const key = await findKey(kernel, iss, token.header);
  if (!verify('sha256', Buffer.from(token.signed), createPublicKey({ key, format: 'jwk' }), token.signature))
    throw invalidToken('The ID Token signature is not valid');
  checkTime(token, Math.floor(kernel.clock.now().getTime() / 1000));
  const audiences = [token.claims.aud].flat().filter((each) => typeof each === 'string');
  if (!audiences.some((each) => provider.clientIds.includes(each)))
    throw invalidToken('Incorrect token audience');
  return { providerArn: provider.arn, providerName: provider.name, subject: sub, audiences };
}

function parseToken(text: string): Token {
  const [header = '', claims = '', signature = '', ...more] = text.split('.');
  const parsed = [header, claims].map(parsePart);
  const [first, second] = parsed;
  if (first && second && signature !== '' && more.length === 0)
    return {
      header: first,
      claims: second,
      signed: `${header}.${claims}`,
      signature: Buffer.from(signature, 'base64url'),
    };
  throw invalidToken(
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
  );
}

function parsePart(part: string): Readonly<Record<string, unknown>> | undefined {
  return asRecord(parseJson(Buffer.from(part, 'base64url').toString('utf8')));
}

async function findKey(kernel: Kernel, issuer: string, header: Token['header']): Promise<JsonWebKey> {
  const { alg, kid } = header;
  if (alg !== 'RS256') {
    if (typeof alg === 'string' && /^(RS|ES)(256|384|512)$/.test(alg))
      throw new NotPlayedError(`identity tokens that are signed by ${alg}`);
    throw invalidToken('The ID Token algorithm is not supported');
  }
  const configuration = await readDocument(kernel, `${issuer}/.well-known/openid-configuration`);
  const { issuer: named, jwks_uri: keySetUrl } = configuration;
  if (named !== issuer || typeof keySetUrl !== 'string' || !URL.canParse(keySetUrl)) throw noKey();
  const { keys } = await readDocument(kernel, keySetUrl);
  const found = (Array.isArray(keys) ? keys : []).map(asRecord).find((key) => key?.kid === kid);
  if (found?.kty !== 'RSA' || typeof found.n !== 'string' || typeof found.e !== 'string') throw noKey();
  return { kty: 'RSA', n: found.n, e: found.e };
}

async function readDocument(kernel: Kernel, url: string): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetchPublic(kernel, url);
  if (answer === 'unreachable')
    throw new AwsError(
      'IDPCommunicationError',
      'The identity provider that was asked to verify the incoming identity token could not be reached.',
    );
  const document = answer.status === 200 ? asRecord(parseJson(answer.text)) : undefined;
  if (!document) throw noKey();
  return document;
}

function checkTime({ claims }: Token, now: number): void {
  const { exp, nbf } = claims;
  if (typeof exp !== 'number') throw invalidToken('Missing a required claim: exp');
  if (now > exp + clockSkewSeconds)
    throw new AwsError(
      'ExpiredTokenException',
      `Token expired: current date/time ${now} must be before the expiration date/time ${exp}`,
    );
  if (typeof nbf === 'number' && now < nbf - clockSkewSeconds)
    throw invalidToken('The ID Token is not valid yet');
}

function noKey(): AwsError {
  return invalidToken(
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
  );
}

function invalidToken(message: string): AwsError {
  return new AwsError('InvalidIdentityToken', message);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

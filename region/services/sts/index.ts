import type { AssumeRoleCommandInput, AssumeRoleWithWebIdentityCommandInput, STS } from '@aws-sdk/client-sts';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Kernel, Operations, Principal, RequestContext, Service } from '../../kernel/kernel.ts';
import { sessionArn } from '../common/session-arn.ts';
import type { IamRole, IamService } from '../iam/index.ts';
import { mayAssume, mayAssumeWithWebIdentity } from './trust.ts';
import { verifyWebIdentity } from './web-identity.ts';

/** STS: who somebody is, and roles assumed by those whom their trust policies name, by their credentials or by a token. */
export function createSts(kernel: Kernel): Service {
  const operations = {
    getCallerIdentity: (_input, { principal }) => ({
      Account: kernel.accountId,
      Arn: sessionArn(kernel.accountId, principal),
      UserId: principal.userId ?? kernel.accountId,
    }),
    assumeRole: (input, context) => assumeRole(kernel, input, context),
    assumeRoleWithWebIdentity: (input) => assumeRoleWithWebIdentity(kernel, input),
  } satisfies Operations<STS>;
  return { id: 'sts', operations };
}

function assumeRole(kernel: Kernel, input: AssumeRoleCommandInput, { principal }: RequestContext) {
  const { arn, sessionName } = checkRequest(input);
  const role = (kernel.service('iam') as IamService).roleById(arn);
  const question = { principal, accountId: kernel.accountId, externalId: input.ExternalId, sessionName };
  // A role that is not there answers like one that is not the caller's.
  if (!role || !mayAssume(role.trustPolicy, question)) throw accessDenied(kernel, principal, arn);
  return openSession(kernel, role, sessionName, checkDuration(input.DurationSeconds, role, principal));
}

/** Takes no signature: the token says who calls. */
async function assumeRoleWithWebIdentity(kernel: Kernel, input: AssumeRoleWithWebIdentityCommandInput) {
  const { arn, sessionName } = checkRequest(input);
  if (input.ProviderId !== undefined) throw new NotPlayedError('OAuth 2.0 access tokens');
  const identity = await verifyWebIdentity(kernel, input.WebIdentityToken ?? '');
  const role = (kernel.service('iam') as IamService).roleById(arn);
  if (!role || !mayAssumeWithWebIdentity(role.trustPolicy, { ...identity, sessionName }))
    throw new AwsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', {
      status: 403,
    });
  return {
    ...openSession(kernel, role, sessionName, checkDuration(input.DurationSeconds, role)),
    SubjectFromWebIdentityToken: identity.subject,
    Provider: identity.providerArn,
    Audience: identity.audiences[0],
  };
}

interface SessionRequest {
  readonly RoleArn?: string | undefined;
  readonly RoleSessionName?: string | undefined;
  readonly Policy?: string | undefined;
  readonly PolicyArns?: unknown;
}

function checkRequest(input: SessionRequest): { readonly arn: string; readonly sessionName: string } {
  const arn = input.RoleArn ?? '';
  if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(arn)) throw invalid(`${arn} is invalid`);
  const sessionName = input.RoleSessionName ?? '';
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    throw invalid(
      `1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}`,
    );
  }
  if (input.Policy !== undefined || input.PolicyArns !== undefined)
    throw new NotPlayedError('STS session policies');
  return { arn, sessionName };
}

/** Credentials are those of `kernel.credentials`; they do not end before the region does. */
function openSession(kernel: Kernel, role: IamRole, sessionName: string, seconds: number) {
  const session: Principal = {
    kind: 'role',
    arn: role.arn,
    sessionName,
    userId: `${role.id}:${sessionName}`,
  };
  const { accessKeyId, secretAccessKey, sessionToken } = kernel.credentials.issue(session);
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(kernel.clock.now().getTime() + seconds * 1000),
    },
    AssumedRoleUser: {
      AssumedRoleId: `${role.id}:${sessionName}`,
      Arn: sessionArn(kernel.accountId, session),
    },
  };
}

function checkDuration(seconds = 3600, role: IamRole, principal?: Principal): number {
  // Role chaining: a role that assumes a role gets one hour at most.
  const longest = principal?.kind === 'role' ? 3600 : role.maxSessionSeconds;
  if (seconds >= 900 && seconds <= longest) return seconds;
  throw invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

function accessDenied(kernel: Kernel, principal: Principal, arn: string): AwsError {
  const who = sessionArn(kernel.accountId, principal);
  return new AwsError(
    'AccessDenied',
    `User: ${who} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
    { status: 403 },
  );
}

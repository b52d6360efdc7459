import { beforeEach, describe, expect, test } from 'vitest';
import type { Kernel, Principal } from '../../../region/kernel/kernel.ts';
import { createIam } from '../../../region/services/iam/index.ts';
import { createSts } from '../../../region/services/sts/index.ts';
import { administrator, caller, refusal, refusedWith, regionOf } from './support.ts';

let kernel: Kernel;

beforeEach(async () => {
  kernel = await regionOf(createIam, createSts);
});

async function createRole(RoleName: string, principal: object, condition?: object): Promise<string> {
  const { Role } = await caller(kernel, 'iam')<{ Role: { Arn: string } }>('createRole', {
    RoleName,
    Path: '/trivet/',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: principal,
          Action: 'sts:AssumeRole',
          ...(condition && { Condition: condition }),
        },
      ],
    }),
  });
  return Role.Arn;
}

function assume(principal: Principal, RoleArn: string, extra: object = {}) {
  return caller(
    kernel,
    'sts',
    principal,
  )<{ Credentials: { AccessKeyId: string } }>('assumeRole', {
    RoleArn,
    RoleSessionName: 'session',
    ...extra,
  });
}

const service = (arn: string): Principal => ({ kind: 'service', arn });

describe('identity', () => {
  test('the administrator is a user', async () => {
    expect(await caller(kernel, 'sts')('getCallerIdentity')).toEqual({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/administrator',
      UserId: 'AIDAADMINISTRATOR0000',
    });
  });

  test('issued credentials speak as a session of the role', async () => {
    const arn = await createRole('task', { Service: 'lambda.amazonaws.com' });
    const { Credentials } = await assume(service('lambda.amazonaws.com'), arn);
    const session = kernel.credentials.lookup(Credentials.AccessKeyId);
    expect(session).toMatchObject({ kind: 'role', arn, sessionName: 'session' });
    const identity = await caller(kernel, 'sts', session)('getCallerIdentity');
    expect(identity.Arn).toBe('arn:aws:sts::123456789012:assumed-role/task/session');
    expect(identity.UserId).toMatch(/^AROA[A-Z0-9]{17}:session$/);
  });
});

describe('trust', () => {
  test('only the named service assumes its role', async () => {
    const arn = await createRole('task', { Service: 'lambda.amazonaws.com' });
    await assume(service('lambda.amazonaws.com'), arn);
    expect(await refusal(assume(service('ec2.amazonaws.com'), arn))).toMatchObject({
      code: 'AccessDenied',
      status: 403,
    });
    expect(await refusedWith(assume(administrator, arn))).toBe('AccessDenied');
  });

  test('the account’s root stands for everybody in it', async () => {
    const arn = await createRole('people', { AWS: 'arn:aws:iam::123456789012:root' });
    await assume(administrator, arn);
  });

  test('an external id must be given where the policy wants one', async () => {
    const arn = await createRole(
      'people',
      { AWS: '123456789012' },
      { StringEquals: { 'sts:ExternalId': 'x' } },
    );
    expect(await refusedWith(assume(administrator, arn))).toBe('AccessDenied');
    await assume(administrator, arn, { ExternalId: 'x' });
  });

  test('a service’s source account must be this one', async () => {
    const condition = (account: string) => ({ StringEquals: { 'aws:SourceAccount': account } });
    const own = await createRole('own', { Service: 'states.amazonaws.com' }, condition('123456789012'));
    const foreign = await createRole(
      'foreign',
      { Service: 'states.amazonaws.com' },
      condition('210987654321'),
    );
    await assume(service('states.amazonaws.com'), own);
    expect(await refusedWith(assume(service('states.amazonaws.com'), foreign))).toBe('AccessDenied');
  });

  test('a missing role, a bad session name and too long a session are refused', async () => {
    const arn = await createRole('people', { AWS: '123456789012' });
    expect(await refusedWith(assume(administrator, `${arn}x`))).toBe('AccessDenied');
    expect(await refusedWith(assume(administrator, arn, { RoleSessionName: 'a b' }))).toBe('ValidationError');
    expect(await refusedWith(assume(administrator, arn, { DurationSeconds: 3601 }))).toBe('ValidationError');
  });
});

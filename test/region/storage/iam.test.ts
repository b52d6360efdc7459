import { beforeEach, describe, expect, test } from 'vitest';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { createIam, type IamService } from '../../../region/services/iam/index.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

let kernel: Kernel;
let iam: ReturnType<typeof caller>;

const trust = (principal: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
  });
const ec2Trust = trust({ Service: 'ec2.amazonaws.com' });
const allowAll = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
});

beforeEach(async () => {
  kernel = await regionOf(createIam);
  iam = caller(kernel, 'iam');
});

const createRole = (RoleName: string, extra: object = {}) =>
  iam<{ Role: { Arn: string; RoleId: string } }>('createRole', {
    RoleName,
    AssumeRolePolicyDocument: ec2Trust,
    ...extra,
  });

describe('roles', () => {
  test('a role has an ARN with its path, an AROA id, and its trust policy URL-encoded', async () => {
    const { Role } = await createRole('trivet-demo-slot-a', {
      Path: '/trivet/demo/',
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'trivet:cluster', Value: 'demo' }],
    });
    expect(Role.Arn).toBe('arn:aws:iam::123456789012:role/trivet/demo/trivet-demo-slot-a');
    expect(Role.RoleId).toMatch(/^AROA[A-Z0-9]{17}$/);
    expect(await iam('getRole', { RoleName: 'trivet-demo-slot-a' })).toMatchObject({
      Role: {
        Path: '/trivet/demo/',
        MaxSessionDuration: 7200,
        AssumeRolePolicyDocument: encodeURIComponent(ec2Trust),
        Tags: [{ Key: 'trivet:cluster', Value: 'demo' }],
      },
    });
  });

  test('names, paths, sessions, documents and principals are checked', async () => {
    expect(await refusedWith(createRole('x'.repeat(65)))).toBe('ValidationError');
    expect(await refusedWith(createRole('bad name'))).toBe('ValidationError');
    expect(await refusedWith(createRole('r', { Path: 'no-slashes' }))).toBe('ValidationError');
    expect(await refusedWith(createRole('r', { Path: `/${'x'.repeat(512)}/` }))).toBe('ValidationError');
    expect(await refusedWith(createRole('r', { MaxSessionDuration: 3599 }))).toBe('ValidationError');
    for (const document of ['{', '{}', allowAll, trust({ AWS: 'arn:aws:iam::123456789012:role/none' })]) {
      expect(await refusal(createRole('r', { AssumeRolePolicyDocument: document }))).toMatchObject({
        code: 'MalformedPolicyDocument',
        status: 400,
      });
    }
  });

  test('a role that exists is refused whatever the case of its name, and a missing one is not found', async () => {
    await createRole('role');
    expect(await refusal(createRole('ROLE'))).toMatchObject({ code: 'EntityAlreadyExists', status: 409 });
    expect(await refusal(iam('getRole', { RoleName: 'none' }))).toMatchObject({
      code: 'NoSuchEntity',
      status: 404,
      message: 'The role with name none cannot be found.',
    });
  });

  test('a role is deleted only when nothing hangs on it', async () => {
    const RoleName = 'role';
    const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
    await createRole(RoleName);
    await iam('createInstanceProfile', { InstanceProfileName: 'profile' });
    await iam('addRoleToInstanceProfile', { InstanceProfileName: 'profile', RoleName });
    await iam('putRolePolicy', { RoleName, PolicyName: 'inline', PolicyDocument: allowAll });
    await iam('attachRolePolicy', { RoleName, PolicyArn });
    const conflict = () => refusedWith(iam('deleteRole', { RoleName }));
    expect(await conflict()).toBe('DeleteConflict');
    await iam('removeRoleFromInstanceProfile', { InstanceProfileName: 'profile', RoleName });
    expect(await conflict()).toBe('DeleteConflict');
    await iam('detachRolePolicy', { RoleName, PolicyArn });
    expect(await conflict()).toBe('DeleteConflict');
    await iam('deleteRolePolicy', { RoleName, PolicyName: 'inline' });
    await iam('deleteRole', { RoleName });
    expect(await refusedWith(iam('getRole', { RoleName }))).toBe('NoSuchEntity');
  });

  test('a list of roles goes by path and page', async () => {
    for (const name of ['c', 'a', 'b']) await createRole(name, { Path: '/trivet/' });
    await createRole('other');
    const first = await iam<{ Roles: { RoleName: string }[]; Marker: string }>('listRoles', {
      PathPrefix: '/trivet/',
      MaxItems: 2,
    });
    expect(first.Roles.map((role) => role.RoleName)).toEqual(['a', 'b']);
    expect(await iam('listRoles', { PathPrefix: '/trivet/', Marker: first.Marker })).toMatchObject({
      Roles: [{ RoleName: 'c' }],
      IsTruncated: false,
    });
  });
});

describe('policies', () => {
  test('an identity policy must be one', async () => {
    await createRole('role');
    const put = (PolicyDocument: string) =>
      iam('putRolePolicy', { RoleName: 'role', PolicyName: 'p', PolicyDocument });
    for (const bad of [
      '{',
      ec2Trust,
      '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject"}]}',
      '{"Statement":[{"Effect":"Allow","Action":"GetObject","Resource":"*"}]}',
      '{"Statement":[{"Effect":"allow","Action":"s3:GetObject","Resource":"*"}]}',
      '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"bucket/key"}]}',
    ]) {
      expect(await refusedWith(put(bad))).toBe('MalformedPolicyDocument');
    }
    const large = JSON.stringify({
      Statement: [
        { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${'x'.repeat(10_240)}` },
      ],
    });
    expect(await refusedWith(put(large))).toBe('LimitExceeded');
  });

  test('a managed policy can be a boundary, and stays while it is one', async () => {
    const { Policy } = await iam<{ Policy: { Arn: string } }>('createPolicy', {
      PolicyName: 'boundary',
      PolicyDocument: allowAll,
    });
    expect(await refusedWith(createRole('r', { PermissionsBoundary: `${Policy.Arn}x` }))).toBe(
      'NoSuchEntity',
    );
    await createRole('r', { PermissionsBoundary: Policy.Arn });
    expect(await iam('getRole', { RoleName: 'r' })).toMatchObject({
      Role: { PermissionsBoundary: { PermissionsBoundaryArn: Policy.Arn } },
    });
    expect(await refusedWith(iam('deletePolicy', { PolicyArn: Policy.Arn }))).toBe('DeleteConflict');
    expect((kernel.service('iam') as IamService).roleById('r')?.boundary).toEqual({
      arn: Policy.Arn,
      document: allowAll,
    });
    await iam('deleteRole', { RoleName: 'r' });
    await iam('deletePolicy', { PolicyArn: Policy.Arn });
  });

  test('a policy has five versions at most', async () => {
    const { Policy } = await iam<{ Policy: { Arn: string } }>('createPolicy', {
      PolicyName: 'p',
      PolicyDocument: allowAll,
    });
    const next = () =>
      iam('createPolicyVersion', { PolicyArn: Policy.Arn, PolicyDocument: allowAll, SetAsDefault: true });
    for (let version = 2; version <= 5; version += 1) await next();
    expect(await refusedWith(next())).toBe('LimitExceeded');
    expect(await refusedWith(iam('deletePolicyVersion', { PolicyArn: Policy.Arn, VersionId: 'v5' }))).toBe(
      'DeleteConflict',
    );
    await iam('deletePolicyVersion', { PolicyArn: Policy.Arn, VersionId: 'v1' });
    await next();
    expect(await iam('getPolicy', { PolicyArn: Policy.Arn })).toMatchObject({
      Policy: { DefaultVersionId: 'v6' },
    });
  });

  test('an AWS managed policy that the region does not know is a loud refusal', async () => {
    await createRole('role');
    const attach = { RoleName: 'role', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' };
    expect(await refusedWith(iam('attachRolePolicy', attach))).toBe('NotImplementedByEmbeddedRegion');
  });
});

describe('instance profiles and service-linked roles', () => {
  test('a profile holds one role, which compute finds by the profile’s ARN', async () => {
    await createRole('one');
    await createRole('two');
    const { InstanceProfile } = await iam<{ InstanceProfile: { Arn: string; InstanceProfileId: string } }>(
      'createInstanceProfile',
      { InstanceProfileName: 'profile', Path: '/trivet/demo/' },
    );
    expect(InstanceProfile.Arn).toBe('arn:aws:iam::123456789012:instance-profile/trivet/demo/profile');
    expect(InstanceProfile.InstanceProfileId).toMatch(/^AIPA[A-Z0-9]{17}$/);
    const add = (RoleName: string) =>
      iam('addRoleToInstanceProfile', { InstanceProfileName: 'profile', RoleName });
    await add('one');
    expect(await refusal(add('two'))).toMatchObject({ code: 'LimitExceeded', status: 409 });
    expect((kernel.service('iam') as IamService).roleForProfile(InstanceProfile.Arn)?.name).toBe('one');
    expect(await refusedWith(iam('deleteInstanceProfile', { InstanceProfileName: 'profile' }))).toBe(
      'DeleteConflict',
    );
    expect(await refusedWith(iam('createInstanceProfile', { InstanceProfileName: 'profile' }))).toBe(
      'EntityAlreadyExists',
    );
  });

  test('a service-linked role is made once and changed by nobody else', async () => {
    const make = () => iam('createServiceLinkedRole', { AWSServiceName: 'autoscaling.amazonaws.com' });
    expect(await make()).toMatchObject({
      Role: {
        Arn: 'arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
      },
    });
    expect(await refusedWith(make())).toBe('InvalidInput');
    expect(await refusedWith(iam('deleteRole', { RoleName: 'AWSServiceRoleForAutoScaling' }))).toBe(
      'UnmodifiableEntity',
    );
  });
});

import { describe, expect, test } from 'vitest';
import {
  decideAddOnRole,
  decideProvider,
  wantedAddOnRoles,
  wantedProvider,
} from '../../../functions/identity/decide-add-on-roles.ts';
import { issuerOf } from '../../../functions/identity/names.ts';
import { testConfig } from '../../support/fake-task-context.ts';
import { buildSpec } from '../../support/specs.ts';

const owner = { deployment: 'trivet', cluster: 'demo' };
const spec = buildSpec({ name: 'demo', tags: { team: 'data' } });
const issuer = issuerOf(testConfig, { cluster: 'demo', clusterUid: '0123456789ab' });
const provider = wantedProvider(owner, spec, issuer);
const roles = wantedAddOnRoles(owner, spec, issuer, testConfig);
const withCni = (cni: string) => ({ ...spec, network: { ...spec.network, cni } }) as typeof spec;

describe('the identity provider', () => {
  const found = { arn: provider.arn, clientIds: ['sts.amazonaws.com'], tags: provider.tags };
  test.each([
    ['there is none', undefined, ['create']],
    ['it is as wanted', found, []],
    ['it takes other audiences, too', { ...found, clientIds: ['mine', 'sts.amazonaws.com'] }, []],
    ['it takes another audience', { ...found, clientIds: ['mine'] }, ['client-id']],
    ['a tag is missing', { ...found, tags: { ...found.tags, team: 'other' } }, ['tag']],
    ['two things differ', { ...found, clientIds: [], tags: {} }, ['client-id', 'tag']],
  ])('where %s', (_, present, steps) => {
    const decided = decideProvider(provider, present);
    expect(decided.map(({ step }) => step)).toEqual(steps);
    for (const { reason } of decided) expect(reason).not.toBe('');
  });

  test('has the cluster’s tags and the spec’s', () => {
    expect(provider.tags).toEqual({
      team: 'data',
      Name: 'trivet-demo',
      'trivet:deployment': 'trivet',
      'trivet:cluster': 'demo',
    });
  });
});

describe('a role', () => {
  const [wanted] = roles;
  if (!wanted) throw new Error('no role is wanted');
  const { name, tags, trustPolicy, policy } = wanted;
  const roleId = 'AROA1';
  const found = { name, roleId, tags, trustPolicy, policy };
  test.each([
    ['there is none', undefined, ['create', 'policy']],
    ['it is as wanted', found, []],
    ['it has no policy', { name, roleId, tags, trustPolicy }, ['policy']],
    ['its policy differs', { ...found, policy: { Statement: [] } }, ['policy']],
    ['it trusts an earlier cluster’s issuer', { ...found, trustPolicy: { Statement: [] } }, ['trust']],
    ['a tag is missing', { ...found, tags: {} }, ['tag']],
  ])('where %s', (_, present, steps) => {
    const decided = decideAddOnRole(wanted, present);
    expect(decided.map(({ step }) => step)).toEqual(steps);
    for (const { reason } of decided) expect(reason).not.toBe('');
  });

  test('is taken by one service account of kube-system, with a token for STS', () => {
    const { name: issuerName, providerArn } = issuer;
    expect(roles.map((role) => role.trustPolicy)).toEqual(
      ['cloud-controller-manager', 'ebs-csi-controller-sa'].map((account) => ({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: providerArn },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                [`${issuerName}:sub`]: `system:serviceaccount:kube-system:${account}`,
                [`${issuerName}:aud`]: 'sts.amazonaws.com',
              },
            },
          },
        ],
      })),
    );
  });

  test.each([
    [undefined, ['cloudControllerManager', 'ebsCsiDriver']],
    ['another', ['cloudControllerManager', 'ebsCsiDriver']],
    ['aws-vpc-cni', ['cloudControllerManager', 'ebsCsiDriver', 'cni']],
  ])('is there for the CNI only where the spec chooses it: %s', (cni, addOns) => {
    const chosen = wantedAddOnRoles(owner, cni === undefined ? spec : withCni(cni), issuer, testConfig);
    expect(chosen.map(({ addOn }) => addOn)).toEqual(addOns);
  });
});

describe('what add-ons may do', () => {
  const all = wantedAddOnRoles(owner, withCni('aws-vpc-cni'), issuer, testConfig);
  const statements = all.flatMap(({ addOn, policy }) =>
    policy.Statement.map((statement) => ({ addOn, ...statement })),
  );

  test('is to look at everything, and to change only what a condition or the VPC limits', () => {
    const open = statements.filter(({ Condition }) => Condition === undefined);
    for (const { Sid, Action, Resource } of open) {
      const reads = Action.every((action) => /:Describe/.test(action));
      expect({
        Sid,
        fits: reads ? Resource === '*' : `${Resource}`.endsWith(':vpc/vpc-0000000000000000a'),
      }).toEqual({
        Sid,
        fits: true,
      });
    }
  });

  test.each(['ec2:DeleteVolume', 'ec2:DetachVolume', 'ec2:ModifyVolume', 'ec2:DeleteSecurityGroup'])(
    '%s takes the tag of what add-ons of this cluster made',
    (action) => {
      const allowing = statements.filter(
        ({ Action, Resource }) => Action.includes(action) && !`${Resource}`.includes(':instance/'),
      );
      expect(allowing).not.toEqual([]);
      for (const { Condition } of allowing)
        expect(Condition).toEqual({
          StringEquals: { 'aws:ResourceTag/kubernetes.io/cluster/demo': 'owned' },
        });
    },
  );

  test('volumes are attached to instances of this cluster alone', () => {
    const attaching = statements.find(
      ({ addOn, Resource }) => addOn === 'ebsCsiDriver' && `${Resource}`.includes(':instance/'),
    );
    expect(attaching).toMatchObject({
      Action: ['ec2:AttachVolume', 'ec2:DetachVolume'],
      Condition: {
        StringEquals: {
          'aws:ResourceTag/trivet:deployment': 'trivet',
          'aws:ResourceTag/trivet:cluster': 'demo',
        },
      },
    });
  });

  test('nobody may change roles, pass one, or touch the deployment’s bucket', () => {
    const actions = statements.flatMap(({ Action }) => Action);
    expect(actions.filter((action) => /^(s3|sts|dynamodb|lambda):/.test(action))).toEqual([]);
    expect(actions.filter((action) => action.startsWith('iam:'))).toEqual(['iam:CreateServiceLinkedRole']);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });
});

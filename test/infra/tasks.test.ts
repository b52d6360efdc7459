import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { catalog } from '../../functions/catalog.ts';
import { checkedDeploymentName, pascalCase } from '../../infra/names.ts';
import { ofType, synthesize, type Template, writeStubBundles } from './support/synthesize.ts';

const bundleDir = writeStubBundles();
afterAll(() => rmSync(bundleDir, { recursive: true }));
const templates = synthesize({ bundleDir });
const functions = ofType(templates.tasks, 'AWS::Lambda::Function').map(({ Properties }) => Properties);

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

function statementsOf(template: Template): Statement[] {
  return ofType(template, 'AWS::IAM::Policy').flatMap(
    ({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
  );
}

test('each task is a function of its name, with a role that no other has', () => {
  expect(functions.map(({ FunctionName }) => FunctionName)).toEqual(
    catalog.map(({ name }) => `trivet-${name}`),
  );
  const roles = functions.map(({ Role }) => JSON.stringify(Role));
  expect(new Set(roles).size).toBe(catalog.length);
});

test('each function is as the catalogue says', () => {
  catalog.forEach(({ network, timeoutSeconds, memoryMegabytes }, index) => {
    expect(functions[index]).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: timeoutSeconds,
      MemorySize: memoryMegabytes,
    });
    expect(functions[index]?.VpcConfig !== undefined).toBe(network === 'vpc');
  });
});

test('each task is told of the deployment', () => {
  const told = [
    'TRIVET_ADD_ON_BOUNDARY_ARN',
    'TRIVET_BUCKET',
    'TRIVET_DEPLOYMENT',
    'TRIVET_ETCD_CLIENT_SECURITY_GROUP_ID',
    'TRIVET_KEY_ARN',
    'TRIVET_LONGEST_TASK_TIMEOUT_SECONDS',
    'TRIVET_PERMISSIONS_BOUNDARY_ARN',
    'TRIVET_REGISTRY_TABLE',
    'TRIVET_STATE_MACHINE_ARN_PREFIX',
    'TRIVET_SUBNET_IDS',
    'TRIVET_VPC_ID',
  ];
  for (const { Environment } of functions) {
    const { Variables } = Environment as { Variables: Record<string, unknown> };
    expect(Object.keys(Variables).sort()).toEqual(told);
    expect(Variables.TRIVET_LONGEST_TASK_TIMEOUT_SECONDS).toBe('60');
  }
});

/** The boundary that statements about roles ask for. */
function boundaryOf(statements: readonly (Statement & { readonly Condition?: unknown })[]): string {
  const conditions = statements.map(({ Condition }) => Condition);
  for (const condition of conditions)
    expect(condition).toMatchObject({ StringEquals: { 'iam:PermissionsBoundary': {} } });
  return JSON.stringify(conditions);
}

describe('no role', () => {
  /** For which AWS knows no resources: delivering logs and traces of state machines. */
  const resourceless =
    /^(logs:(\w+LogDelivery|ListLogDeliveries|PutResourcePolicy|DescribeResourcePolicies|DescribeLogGroups)|xray:\w+)$/;

  test.each(Object.entries(templates))('of %s may do more to everything than describe it', (_, template) => {
    const unlimited = statementsOf(template)
      .filter(({ Effect, Resource }) => Effect === 'Allow' && [Resource].flat().includes('*'))
      .flatMap(({ Action }) => Action)
      .filter((action) => !/^\w+:Describe\w+$/.test(action) && !resourceless.test(action));
    expect(unlimited).toEqual([]);
  });

  test.each(Object.entries(templates))('of %s may do all that a service knows', (_, template) => {
    const wild = statementsOf(template)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => Action)
      .filter((action) => action.includes('*'));
    expect(wild).toEqual([]);
  });

  test('of a task may change roles or policies but those of nodes and add-ons, each below its boundary', () => {
    const changing = statementsOf(templates.tasks).filter(({ Action }) =>
      /iam:(Create|Put)Role/.test(String(Action)),
    );
    const ofNodes = changing.filter(({ Resource }) => JSON.stringify(Resource).includes(':role/trivet/*"'));
    // Slots' and pools'.
    expect(ofNodes).toHaveLength(2);
    expect(boundaryOf(ofNodes)).toContain('NodeBoundary');
    const ofAddOns = changing.filter((statement) => !ofNodes.includes(statement));
    expect(ofAddOns).toHaveLength(1);
    expect(boundaryOf(ofAddOns)).toContain('AddOnBoundary');
    const roles = [...JSON.stringify(ofAddOns).matchAll(/:role\/[^"]+/g)].map(([role]) => role);
    expect(roles).toEqual([
      ':role/trivet/*/trivet-*-cloud-controller-manager',
      ':role/trivet/*/trivet-*-ebs-csi-driver',
      ':role/trivet/*/trivet-*-vpc-cni',
    ]);
  });
});

test('what a task may delete in AWS has the deployment’s tag, and is of one kind', () => {
  const deleting = /:(Delete|Terminate|Remove|Detach|Revoke)(?!Tags$|ObjectVersion$|Item$)/;
  const functions = ofType(templates.tasks, 'AWS::Lambda::Function');
  const deleters = new Map<string, string[]>();
  for (const { Properties } of ofType(templates.tasks, 'AWS::IAM::Policy')) {
    const [{ Ref: role } = { Ref: '' }] = Properties.Roles as { Ref: string }[];
    const owner = functions.find(({ Properties: one }) => JSON.stringify(one.Role).includes(`"${role}"`));
    const name = String(owner?.Properties.FunctionName).replace('trivet-', '');
    const { Statement } = Properties.PolicyDocument as { Statement: (Statement & { Condition?: object })[] };
    for (const { Action, Condition } of Statement) {
      const deletions = [Action].flat().filter((action) => deleting.test(action));
      // What Lambda asks for to attach a function to the VPC.
      if (deletions.length === 0 || [Action].flat().some((action) => action.includes('PrivateIpAddresses')))
        continue;
      expect([name, Condition]).toEqual([
        name,
        { StringEquals: { 'aws:ResourceTag/trivet:deployment': 'trivet' } },
      ]);
      deleters.set(name, [...(deleters.get(name) ?? []), ...deletions]);
    }
  }
  expect(Object.fromEntries([...deleters].sort())).toEqual({
    'delete-groups': ['autoscaling:DeleteAutoScalingGroup'],
    'delete-identity-providers': ['iam:DeleteOpenIDConnectProvider'],
    'delete-launch-templates': ['ec2:DeleteLaunchTemplate'],
    'delete-load-balancers': ['elasticloadbalancing:DeleteLoadBalancer'],
    'delete-network-interfaces': ['ec2:DeleteNetworkInterface'],
    'delete-roles': [
      'iam:DeleteRole',
      'iam:DeleteRolePolicy',
      'iam:DetachRolePolicy',
      'iam:DeleteInstanceProfile',
      'iam:RemoveRoleFromInstanceProfile',
    ],
    'delete-security-groups': ['ec2:DeleteSecurityGroup', 'ec2:RevokeSecurityGroupIngress'],
    'delete-target-groups': ['elasticloadbalancing:DeleteTargetGroup'],
    'delete-volumes': ['ec2:DeleteVolume'],
    'ensure-security-groups': ['ec2:RevokeSecurityGroupIngress'],
    'finish-drain': ['autoscaling:TerminateInstanceInAutoScalingGroup'],
    'terminate-instances': ['ec2:TerminateInstances'],
    'terminate-node': ['autoscaling:TerminateInstanceInAutoScalingGroup'],
    'terminate-worker': ['autoscaling:TerminateInstanceInAutoScalingGroup'],
  });
});

test('all stacks stay below 400 resources', () => {
  for (const template of Object.values(templates)) {
    expect(Object.keys(template.Resources).length).toBeLessThan(400);
  }
});

test('no template looks up an account or a region, or needs a custom resource', () => {
  const text = JSON.stringify(templates);
  expect(text).not.toMatch(/"(Custom::|AWS::CloudFormation::CustomResource)/);
  expect(text).not.toMatch(/\b(us|eu|ap)-[a-z]+-\d\b/);
  expect(text).not.toMatch(/\d{12}(?!\d)[^"]*:(role|function|table)/);
});

test('a deployment of another name shares no name with this one', () => {
  const other = synthesize({ bundleDir, name: 'second' });
  const text = JSON.stringify(other).replaceAll(/"DefinitionString":"(\\.|[^"\\])*"/g, '');
  expect(text).toContain('second-registry');
  expect(text).not.toMatch(/trivet-|\/trivet\//);
});

test('a task without a bundle is named, with the command that makes one', () => {
  rmSync(join(bundleDir, 'observe-slot'), { recursive: true });
  expect(() => synthesize({ bundleDir })).toThrow(/Task observe-slot has no bundle .*: run npm run build/);
});

test("a deployment's name is one that no other deployment's names begin with", () => {
  expect(checkedDeploymentName('trivet')).toBe('trivet');
  for (const name of ['', 'Trivet', '2nd', 'trivet-two', 'elevenchars']) {
    expect(() => checkedDeploymentName(name)).toThrow(/one to ten lower-case letters and digits/);
  }
});

test('names are cased as the states, files and placeholders that they pair with', () => {
  expect(pascalCase('plan-cluster')).toBe('PlanCluster');
  expect(pascalCase('sweep')).toBe('Sweep');
});

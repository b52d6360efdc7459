import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../functions/runtime/config.ts';

const complete = {
  TRIVET_DEPLOYMENT: 'trivet',
  TRIVET_REGISTRY_TABLE: 'trivet-registry',
  TRIVET_BUCKET: 'trivet-bucket',
  TRIVET_KEY_ARN: 'arn:aws:kms:us-east-1:123456789012:key/k',
  TRIVET_VPC_ID: 'vpc-1',
  TRIVET_SUBNET_IDS: 'subnet-a,subnet-b',
  TRIVET_ETCD_CLIENT_SECURITY_GROUP_ID: 'sg-1',
  TRIVET_PERMISSIONS_BOUNDARY_ARN: 'arn:aws:iam::123456789012:policy/boundary',
  TRIVET_ADD_ON_BOUNDARY_ARN: 'arn:aws:iam::123456789012:policy/add-on-boundary',
  TRIVET_STATE_MACHINE_ARN_PREFIX: 'arn:aws:states:us-east-1:123456789012:stateMachine:trivet-',
  AWS_REGION: 'us-east-1',
};

describe('readConfig', () => {
  test('reads the deployment, and takes the longest Lambda time-out where none is given', () => {
    expect(readConfig(complete)).toEqual({
      deployment: 'trivet',
      region: 'us-east-1',
      registryTable: 'trivet-registry',
      bucket: 'trivet-bucket',
      keyArn: 'arn:aws:kms:us-east-1:123456789012:key/k',
      vpcId: 'vpc-1',
      subnetIds: ['subnet-a', 'subnet-b'],
      etcdClientSecurityGroupId: 'sg-1',
      permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary',
      addOnBoundaryArn: 'arn:aws:iam::123456789012:policy/add-on-boundary',
      stateMachineArnPrefix: 'arn:aws:states:us-east-1:123456789012:stateMachine:trivet-',
      longestTaskTimeoutSeconds: 900,
    });
  });

  test.each(['trivet-two', 'Trivet', '2nd', 'elevenchars', ''])(
    'refuses the deployment name "%s", as the CDK app does',
    (name) => {
      expect(() => readConfig({ ...complete, TRIVET_DEPLOYMENT: name })).toThrow(
        'missing or malformed environment variables: TRIVET_DEPLOYMENT',
      );
    },
  );

  test('names every variable that is missing or malformed', () => {
    const { TRIVET_BUCKET: _, ...rest } = complete;
    expect(() => readConfig({ ...rest, TRIVET_DEPLOYMENT: 'Much-too-long' })).toThrow(
      'missing or malformed environment variables: TRIVET_DEPLOYMENT, TRIVET_BUCKET',
    );
  });
});

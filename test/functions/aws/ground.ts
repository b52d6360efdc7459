import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { CreatePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Config } from '../../../functions/runtime/config.ts';
import type { Region } from '../../../region/region.ts';
import { testConfig } from '../../support/fake-task-context.ts';

async function makePublicBucket(s3: S3Client, Bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  const Statement = [
    { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` },
  ];
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Statement }) }));
}

async function makeNetwork(ec2: EC2Client, network: string) {
  const vpc = await ec2.send(new CreateVpcCommand({ CidrBlock: `${network}.0.0/16` }));
  const vpcId = vpc.Vpc?.VpcId ?? '';
  const subnetIds: string[] = [];
  for (const [index, letter] of ['a', 'b', 'c'].entries()) {
    const request = {
      VpcId: vpcId,
      CidrBlock: `${network}.${index}.0/24`,
      AvailabilityZone: `us-east-1${letter}`,
    };
    const subnet = await ec2.send(new CreateSubnetCommand(request));
    subnetIds.push(subnet.Subnet?.SubnetId ?? '');
  }
  const group = await ec2.send(
    new CreateSecurityGroupCommand({ VpcId: vpcId, GroupName: 'etcd-clients', Description: 'Tasks' }),
  );
  return { vpcId, subnetIds, etcdClientSecurityGroupId: group.GroupId ?? '' };
}

/** What a deployment's stacks would make, by hand; `network` is the first half of its addresses. The buckets keep versions, as the stacks' do. */
export async function makeGround(region: Region, network: string): Promise<Config> {
  const settings = region.clientConfig();
  const made = await makeNetwork(new EC2Client(settings), network);
  const key = await new KMSClient(settings).send(new CreateKeyCommand({}));
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: testConfig.bucket }));
  await makePublicBucket(s3, `${testConfig.bucket}-issuers`);
  const VersioningConfiguration = { Status: 'Enabled' as const };
  for (const Bucket of [testConfig.bucket, `${testConfig.bucket}-issuers`])
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
  await new DynamoDBClient(settings).send(
    new CreateTableCommand({
      TableName: testConfig.registryTable,
      AttributeDefinitions: [attribute('pk'), attribute('sk')],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const boundary = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] };
  const policy = await new IAMClient(settings).send(
    new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument: JSON.stringify(boundary) }),
  );
  const Name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64';
  const parameter = { Name, Value: 'ami-0123456789abcdef0', Type: 'String' as const, Overwrite: true };
  await new SSMClient(settings).send(new PutParameterCommand(parameter)).catch(() => undefined);
  return {
    ...testConfig,
    ...made,
    permissionsBoundaryArn: policy.Policy?.Arn ?? '',
    addOnBoundaryArn: policy.Policy?.Arn ?? '',
    keyArn: key.KeyMetadata?.Arn ?? '',
  };
}

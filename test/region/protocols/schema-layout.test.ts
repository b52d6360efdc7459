import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as ec2 from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import * as sqs from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import type { ServiceId } from '../../../region/kernel/kernel.ts';
import { loadCatalog } from '../../../region/protocols/catalog.ts';
import { definitions } from '../../../region/protocols/definitions.ts';
import { kindOf, membersOf, requiredCount, shapeOf, traitsOf } from '../../../region/protocols/shape.ts';

/** What this region knows of a client's protocol settings, which the SDK does not promise to keep. */
interface ProtocolConfig {
  readonly protocol: { getShapeId(): string };
  readonly protocolSettings: {
    readonly serviceTarget: string;
    readonly xmlNamespace?: string;
    readonly awsQueryCompatible?: boolean;
  };
}

const clients: Readonly<Record<ServiceId, new (config: { region: string }) => { config: unknown }>> = {
  autoscaling: AutoScalingClient,
  cloudformation: CloudFormationClient,
  cloudwatch: CloudWatchClient,
  dynamodb: dynamodb.DynamoDBClient,
  ec2: ec2.EC2Client,
  elbv2: ElasticLoadBalancingV2Client,
  eventbridge: EventBridgeClient,
  iam: IAMClient,
  kms: KMSClient,
  lambda: LambdaClient,
  logs: CloudWatchLogsClient,
  s3: s3.S3Client,
  scheduler: SchedulerClient,
  sqs: sqs.SQSClient,
  ssm: SSMClient,
  stepfunctions: SFNClient,
  sts: STSClient,
};

const shapeIds = {
  ec2Query: 'aws.protocols#ec2Query',
  awsQuery: 'aws.protocols#awsQuery',
  'awsJson1.0': 'aws.protocols#awsJson1_0',
  'awsJson1.1': 'aws.protocols#awsJson1_1',
  restJson: 'aws.protocols#restJson1',
  restXml: 'aws.protocols#restXml',
} as const;

/** These tests exist to fail loudly when an upgrade of the SDK moves what the protocol layer stands on. */
describe('the schemas of the pinned SDK', () => {
  it('are tuples: operations are [9, namespace, name, traits, input, output]', () => {
    const [id, namespace, name, traits, input, output] = ec2.DescribeVolumes$ as unknown as unknown[];
    expect([id, namespace, name, traits]).toEqual([9, 'com.amazonaws.ec2', 'DescribeVolumes', 0]);
    expect((input as () => unknown)()).toBe(ec2.DescribeVolumesRequest$);
    expect((output as () => unknown)()).toBe(ec2.DescribeVolumesResult$);
  });

  it('are tuples: structures are [3, namespace, name, traits, names, schemas, required count]', () => {
    expect(sqs.BatchResultErrorEntry$).toEqual([
      3,
      'com.amazonaws.sqs',
      'BatchResultErrorEntry',
      0,
      ['Id', 'SenderFault', 'Code', 'Message'],
      [0, 2, 0, 0],
      3,
    ]);
  });

  it('are tuples: errors are structures with -3, and carry their query code', () => {
    const error: unknown = sqs.QueueDoesNotExist$;
    expect((error as unknown[]).slice(0, 6)).toEqual([
      -3,
      'com.amazonaws.sqs',
      'QueueDoesNotExist',
      { awsQueryError: ['AWS.SimpleQueueService.NonExistentQueue', 400], error: 'client', httpError: 400 },
      ['message'],
      [0],
    ]);
  });

  it('say where REST members stand', () => {
    const shape = shapeOf(s3.PutObjectRequest$);
    const members = new Map(membersOf(shape));
    const bucket = members.get('Bucket');
    const body = members.get('Body');
    const metadata = members.get('Metadata');
    expect(bucket && traitsOf(bucket)).toMatchObject({ httpLabel: 1 });
    expect(body && traitsOf(body)).toMatchObject({ httpPayload: 1 });
    expect(metadata && traitsOf(metadata)).toMatchObject({ httpPrefixHeaders: 'x-amz-meta-' });
    expect(requiredCount(shape)).toBe(2);
    expect((s3.CopyObject$ as unknown as unknown[])[3]).toEqual({
      http: ['PUT', '/{Key+}?x-id=CopyObject', 200],
    });
  });

  it('name the kinds of every member of an attribute value', () => {
    const members = [...membersOf(shapeOf(dynamodb.AttributeValue$))];
    expect(members.map(([name, member]) => [name, kindOf(member)])).toEqual([
      ['S', 'string'],
      ['N', 'string'],
      ['B', 'blob'],
      ['SS', 'list'],
      ['NS', 'list'],
      ['BS', 'list'],
      ['M', 'map'],
      ['L', 'list'],
      ['NULL', 'boolean'],
      ['BOOL', 'boolean'],
    ]);
  });
});

describe('the table of services', () => {
  it.each(definitions)('says of $id what its SDK client says', async (definition) => {
    const client = new clients[definition.id]({ region: 'us-east-1' });
    const { protocol, protocolSettings } = client.config as ProtocolConfig;
    expect(protocol.getShapeId()).toBe(shapeIds[definition.protocol]);
    expect(protocolSettings.serviceTarget).toBe(definition.targetPrefix);
    expect(protocolSettings.xmlNamespace ?? '').toBe(definition.xmlNamespace);
    expect(protocolSettings.awsQueryCompatible ?? false).toBe(definition.queryCompatible);
    const catalog = await loadCatalog(definition);
    expect(catalog.operations.size).toBeGreaterThan(5);
    // Every operation is a method of the aggregated client, by the name under which services register it.
    for (const { method } of catalog.operations.values()) expect(method).toMatch(/^[a-z]/);
  });

  it('has every service of the region once', () => {
    expect(definitions.map(({ id }) => id).sort()).toEqual(Object.keys(clients).sort());
  });
});

import type { ServiceId } from '../kernel/kernel.ts';

/** The protocol in which a service answers when the request itself does not say. */
export type ProtocolName = 'ec2Query' | 'awsQuery' | 'awsJson1.0' | 'awsJson1.1' | 'restJson' | 'restXml';

/** What the SDK's client of a service says about its wire form; compared with the clients by a test. */
export interface ServiceDefinition {
  readonly id: ServiceId;
  /** The service's name in a SigV4 credential scope. */
  readonly signingName: string;
  readonly protocol: ProtocolName;
  /** The part of `x-amz-target` before the dot. */
  readonly targetPrefix: string;
  readonly xmlNamespace: string;
  /** Errors also carry the code of the service's former query protocol (`x-amzn-query-error`). */
  readonly queryCompatible: boolean;
  /** Loads the client package for its schemas: on first use only, since EC2's alone takes 200 ms. */
  readonly load: () => Promise<object>;
}

type Row = readonly [
  id: ServiceId,
  signingName: string,
  protocol: ProtocolName,
  targetPrefix: string,
  xmlNamespace: string,
  load: () => Promise<object>,
];

const rows: readonly Row[] = [
  [
    'autoscaling',
    'autoscaling',
    'awsQuery',
    'AutoScaling_2011_01_01',
    'http://autoscaling.amazonaws.com/doc/2011-01-01/',
    () => import('@aws-sdk/client-auto-scaling'),
  ],
  [
    'cloudformation',
    'cloudformation',
    'awsQuery',
    'CloudFormation',
    'http://cloudformation.amazonaws.com/doc/2010-05-15/',
    () => import('@aws-sdk/client-cloudformation'),
  ],
  [
    'cloudwatch',
    'monitoring',
    'awsJson1.0',
    'GraniteServiceVersion20100801',
    'http://monitoring.amazonaws.com/doc/2010-08-01/',
    () => import('@aws-sdk/client-cloudwatch'),
  ],
  [
    'dynamodb',
    'dynamodb',
    'awsJson1.0',
    'DynamoDB_20120810',
    'http://dynamodb.amazonaws.com/doc/2012-08-10/',
    () => import('@aws-sdk/client-dynamodb'),
  ],
  [
    'ec2',
    'ec2',
    'ec2Query',
    'AmazonEC2',
    'http://ec2.amazonaws.com/doc/2016-11-15',
    () => import('@aws-sdk/client-ec2'),
  ],
  [
    'elbv2',
    'elasticloadbalancing',
    'awsQuery',
    'ElasticLoadBalancing_v10',
    'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  ],
  [
    'eventbridge',
    'events',
    'awsJson1.1',
    'AWSEvents',
    'http://events.amazonaws.com/doc/2015-10-07',
    () => import('@aws-sdk/client-eventbridge'),
  ],
  [
    'iam',
    'iam',
    'awsQuery',
    'AWSIdentityManagementV20100508',
    'https://iam.amazonaws.com/doc/2010-05-08/',
    () => import('@aws-sdk/client-iam'),
  ],
  [
    'kms',
    'kms',
    'awsJson1.1',
    'TrentService',
    'https://trent.amazonaws.com/doc/2014-11-01/',
    () => import('@aws-sdk/client-kms'),
  ],
  ['lambda', 'lambda', 'restJson', 'AWSGirApiService', '', () => import('@aws-sdk/client-lambda')],
  [
    'logs',
    'logs',
    'awsJson1.1',
    'Logs_20140328',
    'http://monitoring.amazonaws.com/doc/2014-03-28/',
    () => import('@aws-sdk/client-cloudwatch-logs'),
  ],
  [
    's3',
    's3',
    'restXml',
    'AmazonS3',
    'http://s3.amazonaws.com/doc/2006-03-01/',
    () => import('@aws-sdk/client-s3'),
  ],
  ['scheduler', 'scheduler', 'restJson', 'AWSChronosService', '', () => import('@aws-sdk/client-scheduler')],
  ['sqs', 'sqs', 'awsJson1.0', 'AmazonSQS', '', () => import('@aws-sdk/client-sqs')],
  [
    'ssm',
    'ssm',
    'awsJson1.1',
    'AmazonSSM',
    'http://ssm.amazonaws.com/doc/2014-11-06/',
    () => import('@aws-sdk/client-ssm'),
  ],
  [
    'stepfunctions',
    'states',
    'awsJson1.0',
    'AWSStepFunctions',
    'http://swf.amazonaws.com/doc/2015-07-20/',
    () => import('@aws-sdk/client-sfn'),
  ],
  [
    'sts',
    'sts',
    'awsQuery',
    'AWSSecurityTokenServiceV20110615',
    'https://sts.amazonaws.com/doc/2011-06-15/',
    () => import('@aws-sdk/client-sts'),
  ],
];

const queryCompatible = new Set<ServiceId>(['cloudwatch', 'sqs']);

/** Every service whose wire form the region speaks, whether or not one is registered. */
export const definitions: readonly ServiceDefinition[] = rows.map(
  ([id, signingName, protocol, targetPrefix, xmlNamespace, load]) => ({
    id,
    signingName,
    protocol,
    targetPrefix,
    xmlNamespace,
    queryCompatible: queryCompatible.has(id),
    load,
  }),
);

const bySigningName = new Map(definitions.map((definition) => [definition.signingName, definition]));

/** The service that a SigV4 credential scope names. */
export const definitionOf = (signingName: string): ServiceDefinition | undefined =>
  bySigningName.get(signingName);

import { tagKeys } from '../clusters/names.ts';

/** Where a cluster's add-ons act: what their policies are limited to. */
export interface AddOnPlace {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly vpcId: string;
  readonly keyArn: string;
  readonly deployment: string;
  readonly cluster: string;
}

type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Conditions;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** Key of the tag by which Kubernetes' AWS add-ons know what is a cluster's own; its value is `owned` on what they made themselves. */
export function clusterTagKey(cluster: string): string {
  return `kubernetes.io/cluster/${cluster}`;
}

/**
 * What the AWS cloud controller manager may do: look, and keep load balancers for Services of that type (reference
 * aws-etcd-kubeadm-facts §8.3). No routes and no instance attributes, since pods' addresses are the CNI's. It changes what has the
 * cluster's tag, which the API's load balancer and its security groups do not have.
 */
export function cloudControllerManagerPolicy(place: AddOnPlace): PolicyDocument {
  const { arn, owned, makesOwned } = scopeOf(place);
  const balancers = ['loadbalancer/*', 'targetgroup/*', 'listener/*'].map((resource) =>
    arn('elasticloadbalancing', resource),
  );
  const groups = arn('ec2', 'security-group/*');
  const [loadBalancers = '', targetGroups = ''] = balancers;
  return documentOf(
    allow('Look', cloudControllerReads, '*'),
    allow(
      'MakeLoadBalancers',
      elb('CreateLoadBalancer', 'CreateTargetGroup'),
      [loadBalancers, targetGroups],
      makesOwned,
    ),
    allow('TagWhatIsMade', elb('AddTags'), balancers, {
      StringEquals: {
        ...makesOwned.StringEquals,
        'elasticloadbalancing:CreateAction': ['CreateLoadBalancer', 'CreateTargetGroup', 'CreateListener'],
      },
    }),
    allow('KeepLoadBalancers', elb('CreateListener', ...balancerWrites, 'AddTags'), balancers, owned),
    allow('MakeSecurityGroups', ec2('CreateSecurityGroup'), groups, makesOwned),
    allow('InThisNetwork', ec2('CreateSecurityGroup'), arn('ec2', `vpc/${place.vpcId}`)),
    allow('TagSecurityGroups', ec2('CreateTags'), groups, {
      StringEquals: { ...makesOwned.StringEquals, 'ec2:CreateAction': 'CreateSecurityGroup' },
    }),
    allow(
      'KeepSecurityGroups',
      ec2('AuthorizeSecurityGroupIngress', 'RevokeSecurityGroupIngress', 'DeleteSecurityGroup'),
      groups,
      owned,
    ),
    allow(
      'FirstLoadBalancer',
      ['iam:CreateServiceLinkedRole'],
      `arn:${place.partition}:iam::${place.account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*`,
      { StringEquals: { 'iam:AWSServiceName': 'elasticloadbalancing.amazonaws.com' } },
    ),
  );
}

/**
 * What the EBS CSI driver may do: make volumes and snapshots with the cluster's tag, change those, attach them to the cluster's instances.
 * The slots' volumes lack that tag, and have Trivet's, which the add-ons' boundary denies. Encryption is by the deployment's key or by
 * AWS's own for EBS.
 */
export function ebsCsiDriverPolicy(place: AddOnPlace): PolicyDocument {
  const { arn, owned, makesOwned, ofCluster, partition, region } = scopeOf(place);
  const [volumes, instances] = [arn('ec2', 'volume/*'), arn('ec2', 'instance/*')];
  // Snapshots' ARNs name no account.
  const snapshots = `arn:${partition}:ec2:${region}::snapshot/*`;
  const throughEc2 = { 'kms:ViaService': `ec2.${region}.amazonaws.com` };
  return documentOf(
    allow('Look', ebsCsiReads, '*'),
    allow('MakeVolumes', ec2('CreateVolume'), volumes, makesOwned),
    allow('FromSnapshots', ec2('CreateVolume', 'DeleteSnapshot'), snapshots, owned),
    allow('MakeSnapshots', ec2('CreateSnapshot'), snapshots, makesOwned),
    allow('TagWhatIsMade', ec2('CreateTags'), [volumes, snapshots], {
      StringEquals: { ...makesOwned.StringEquals, 'ec2:CreateAction': ['CreateVolume', 'CreateSnapshot'] },
    }),
    allow(
      'KeepVolumes',
      ec2('AttachVolume', 'DetachVolume', 'ModifyVolume', 'DeleteVolume', 'CreateSnapshot'),
      volumes,
      owned,
    ),
    allow('ToInstancesOfTheCluster', ec2('AttachVolume', 'DetachVolume'), instances, ofCluster),
    allow('Encrypt', kms(...encryptingCalls), place.keyArn, { StringEquals: throughEc2 }),
    allow('LetEbsEncrypt', kms('CreateGrant'), place.keyArn, {
      StringEquals: throughEc2,
      Bool: { 'kms:GrantIsForAWSResource': 'true' },
    }),
  );
}

/**
 * What the Amazon VPC CNI may do: give the cluster's instances more interfaces, tagged as the CNI tags its own where it is told the
 * cluster's name (`CLUSTER_NAME`), and pods' addresses on all interfaces of the VPC: a node's first one is tagged by whoever launched it.
 */
export function vpcCniPolicy(place: AddOnPlace): PolicyDocument {
  const { arn, ofCluster } = scopeOf(place);
  const interfaces = arn('ec2', 'network-interface/*');
  const tag = 'cluster.k8s.amazonaws.com/name';
  const made = { StringEquals: { [`aws:RequestTag/${tag}`]: place.cluster } };
  const own = { StringEquals: { [`aws:ResourceTag/${tag}`]: place.cluster } };
  const inVpc = { ArnEquals: { 'ec2:Vpc': arn('ec2', `vpc/${place.vpcId}`) } };
  return documentOf(
    allow('Look', cniReads, '*'),
    allow('MakeInterfaces', ec2('CreateNetworkInterface'), interfaces, made),
    allow(
      'InThisNetwork',
      ec2('CreateNetworkInterface'),
      [arn('ec2', 'subnet/*'), arn('ec2', 'security-group/*')],
      inVpc,
    ),
    allow('TagWhatIsMade', ec2('CreateTags'), interfaces, {
      StringEquals: { ...made.StringEquals, 'ec2:CreateAction': 'CreateNetworkInterface' },
    }),
    allow(
      'KeepInterfaces',
      ec2(
        'AttachNetworkInterface',
        'DetachNetworkInterface',
        'DeleteNetworkInterface',
        'ModifyNetworkInterfaceAttribute',
      ),
      interfaces,
      own,
    ),
    allow(
      'ToInstancesOfTheCluster',
      ec2('AttachNetworkInterface', 'DetachNetworkInterface'),
      arn('ec2', 'instance/*'),
      ofCluster,
    ),
    allow('GiveAddresses', ec2('AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses'), interfaces, inVpc),
  );
}

const cloudControllerReads = [
  ...describe('autoscaling', 'AutoScalingGroups', 'Tags'),
  ...describe('ec2', 'AccountAttributes', 'AvailabilityZones', 'Instances', 'InstanceTopology'),
  ...describe('ec2', 'InternetGateways', 'Regions', 'RouteTables', 'SecurityGroups', 'Subnets', 'Vpcs'),
  ...describe('elasticloadbalancing', 'LoadBalancers', 'LoadBalancerAttributes', 'LoadBalancerPolicies'),
  ...describe('elasticloadbalancing', 'Listeners', 'Tags'),
  ...describe('elasticloadbalancing', 'TargetGroups', 'TargetGroupAttributes', 'TargetHealth'),
];

/** Of classic and of network load balancers: which of both a Service asks for is its annotations' to say. */
const balancerWrites = [
  'AttachLoadBalancerToSubnets',
  'ApplySecurityGroupsToLoadBalancer',
  'ConfigureHealthCheck',
  'CreateLoadBalancerListeners',
  'CreateLoadBalancerPolicy',
  'DeleteListener',
  'DeleteLoadBalancer',
  'DeleteLoadBalancerListeners',
  'DeleteTargetGroup',
  'DeregisterInstancesFromLoadBalancer',
  'DeregisterTargets',
  'DetachLoadBalancerFromSubnets',
  'ModifyListener',
  'ModifyLoadBalancerAttributes',
  'ModifyTargetGroup',
  'ModifyTargetGroupAttributes',
  'RegisterInstancesWithLoadBalancer',
  'RegisterTargets',
  'SetLoadBalancerPoliciesForBackendServer',
  'SetLoadBalancerPoliciesOfListener',
];

const ebsCsiReads = [
  ...describe('ec2', 'AvailabilityZones', 'Instances', 'Snapshots', 'Tags'),
  ...describe('ec2', 'Volumes', 'VolumesModifications', 'VolumeStatus'),
];

const cniReads = describe('ec2', 'Instances', 'InstanceTypes', 'NetworkInterfaces', 'Subnets', 'Tags');

/** What EBS asks of its caller for a volume under a key of one's own. */
const encryptingCalls = [
  'Decrypt',
  'DescribeKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
];

function scopeOf({ partition, region, account, deployment, cluster }: AddOnPlace) {
  const tag = clusterTagKey(cluster);
  return {
    partition,
    region,
    arn: (service: string, resource: string) =>
      `arn:${partition}:${service}:${region}:${account}:${resource}`,
    /** On what an add-on of this cluster has made. */
    owned: { StringEquals: { [`aws:ResourceTag/${tag}`]: 'owned' } },
    makesOwned: { StringEquals: { [`aws:RequestTag/${tag}`]: 'owned' } },
    /** On what Trivet has made for the cluster: its instances. */
    ofCluster: {
      StringEquals: {
        [`aws:ResourceTag/${tagKeys.deployment}`]: deployment,
        [`aws:ResourceTag/${tagKeys.cluster}`]: cluster,
      },
    },
  };
}

function describe(service: string, ...subjects: string[]): string[] {
  return subjects.map((subject) => `${service}:Describe${subject}`);
}

function ec2(...calls: string[]): string[] {
  return calls.map((call) => `ec2:${call}`);
}

function elb(...calls: string[]): string[] {
  return calls.map((call) => `elasticloadbalancing:${call}`);
}

function kms(...calls: string[]): string[] {
  return calls.map((call) => `kms:${call}`);
}

function allow(
  Sid: string,
  Action: readonly string[],
  Resource: string | readonly string[],
  Condition?: Conditions,
): Statement {
  return { Sid, Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
}

function documentOf(...statements: Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements };
}

/** Operation, input, and AWS's answer. `$name` in a text stands for what the test's region holds under that name. */
export type Refusal = [operation: string, input: object, answer: string];

export const launch = {
  ImageId: 'ami-0123456789abcdef0',
  InstanceType: 't4g.medium',
  MinCount: 1,
  MaxCount: 1,
};
const groupInput = {
  AutoScalingGroupName: 'g',
  MinSize: 1,
  MaxSize: 1,
  AvailabilityZones: ['us-east-1a'],
  LaunchTemplate: { LaunchTemplateName: 'taken' },
};
const zoneA = 'us-east-1a';

export const ec2Refusals: Refusal[] = [
  ['createVpc', { CidrBlock: '10.0.0.0/8' }, "InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid."],
  ['createVpc', { CidrBlock: '127.0.0.0/16' }, "InvalidVpc.Range: The CIDR '127.0.0.0/16' is invalid."],
  [
    'createSubnet',
    { VpcId: '$vpcId', CidrBlock: '10.0.0.128/25' },
    "InvalidSubnet.Conflict: The CIDR '10.0.0.128/25' conflicts with another subnet",
  ],
  [
    'createSubnet',
    { VpcId: '$vpcId', CidrBlock: '10.1.0.0/24' },
    "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid.",
  ],
  [
    'createSubnet',
    { VpcId: 'vpc-0', CidrBlock: '10.1.0.0/24' },
    "InvalidVpcID.NotFound: The vpc ID 'vpc-0' does not exist",
  ],
  [
    'deleteVpc',
    { VpcId: '$vpcId' },
    "DependencyViolation: The vpc '$vpcId' has dependencies and cannot be deleted.",
  ],
  [
    'createSecurityGroup',
    { VpcId: '$vpcId', GroupName: 'nodes', Description: 'again' },
    "InvalidGroup.Duplicate: The security group 'nodes' already exists for VPC '$vpcId'",
  ],
  [
    'authorizeSecurityGroupEgress',
    { GroupId: '$groupId', IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] },
    'InvalidPermission.Duplicate: the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists',
  ],
  [
    'revokeSecurityGroupIngress',
    {
      GroupId: '$groupId',
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 1, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
    },
    'InvalidPermission.NotFound: The specified rule does not exist in this security group.',
  ],
  [
    'createNetworkInterface',
    { SubnetId: '$subnetA', PrivateIpAddress: '10.0.0.10' },
    'InvalidIPAddress.InUse: Address 10.0.0.10 is in use.',
  ],
  [
    'createNetworkInterface',
    { SubnetId: '$subnetA', PrivateIpAddress: '10.0.1.10' },
    "InvalidParameterValue: Address does not fall within the subnet's address range",
  ],
  [
    'createNetworkInterface',
    { SubnetId: '$subnetA', PrivateIpAddress: '10.0.0.3' },
    "InvalidParameterValue: Address is in subnet's reserved address range",
  ],
  [
    'createNetworkInterface',
    { SubnetId: '$subnetA', PrivateIpAddress: '10.0.0.255' },
    "InvalidParameterValue: Address is in subnet's reserved address range",
  ],
  [
    'deleteNetworkInterface',
    { NetworkInterfaceId: '$eni' },
    "InvalidParameterValue: Network interface '$eni' is currently in use.",
  ],
  [
    'runInstances',
    { ...launch, NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: '$eni' }] },
    'InvalidNetworkInterface.InUse: Interface: [$eni] in use.',
  ],
  [
    'runInstances',
    { ...launch, NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: '$eni' }], SubnetId: '$subnetA' },
    'InvalidParameterCombination: Network interfaces and an instance-level subnet ID may not be specified on the same request',
  ],
  ['runInstances', launch, 'VPCIdNotSpecified: No default VPC for this user'],
  [
    'runInstances',
    { ...launch, ImageId: 'al2023', SubnetId: '$subnetA' },
    'InvalidAMIID.Malformed: Invalid id: "al2023" (expecting "ami-...")',
  ],
  [
    'runInstances',
    { ...launch, InstanceType: 't9.huge', SubnetId: '$subnetA' },
    "InvalidParameterValue: Invalid value 't9.huge' for InstanceType.",
  ],
  [
    'runInstances',
    { ...launch, SubnetId: '$subnetA', IamInstanceProfile: { Name: 'nobody' } },
    'InvalidParameterValue: Value (nobody) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
  ],
  [
    'runInstances',
    { ...launch, SubnetId: '$subnetA', IamInstanceProfile: { Name: 'node-empty' } },
    'InvalidParameterValue: IAM Instance Profile "arn:aws:iam::123456789012:instance-profile/node-empty" has no associated IAM Roles',
  ],
  [
    'runInstances',
    { ...launch, SubnetId: '$subnetA', DryRun: true },
    'DryRunOperation: Request would have succeeded, but DryRun flag is set.',
  ],
  [
    'attachVolume',
    { VolumeId: '$volumeB', InstanceId: '$running', Device: '/dev/sdg' },
    "InvalidVolume.ZoneMismatch: The volume '$volumeB' is not in the same availability zone as instance '$running'",
  ],
  [
    'attachVolume',
    { VolumeId: '$attached', InstanceId: '$running', Device: '/dev/sdg' },
    'VolumeInUse: $attached is already attached to an instance',
  ],
  [
    'attachVolume',
    { VolumeId: '$volumeA', InstanceId: '$running', Device: '/dev/sdf' },
    "InvalidParameterValue: Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is already in use",
  ],
  [
    'attachVolume',
    { VolumeId: '$volumeA', InstanceId: '$running', Device: 'disk2' },
    'InvalidParameterValue: Value (disk2) for parameter device is invalid. disk2 is not a valid EBS device name.',
  ],
  [
    'attachVolume',
    { VolumeId: 'vol-0', InstanceId: '$running', Device: '/dev/sdg' },
    "InvalidVolume.NotFound: The volume 'vol-0' does not exist.",
  ],
  [
    'detachVolume',
    { VolumeId: '$volumeA' },
    "IncorrectState: Volume '$volumeA' is in the 'available' state.",
  ],
  [
    'deleteVolume',
    { VolumeId: '$attached' },
    'VolumeInUse: Volume $attached is currently attached to $running',
  ],
  [
    'createVolume',
    { AvailabilityZone: zoneA, Size: 10, ClientToken: 'once' },
    'IdempotentParameterMismatch: The client token you have provided is associated with a resource whose parameters differ from this request.',
  ],
  [
    'createVolume',
    { AvailabilityZone: 'us-east-1z', Size: 10 },
    "InvalidZone.NotFound: The zone 'us-east-1z' does not exist.",
  ],
  [
    'createVolume',
    { AvailabilityZone: zoneA, Size: 10, VolumeType: 'gp3', Iops: 2999 },
    'InvalidParameterValue: Volume iops of 2999 is too low; minimum is 3000.',
  ],
  [
    'createVolume',
    { AvailabilityZone: zoneA, Size: 10, VolumeType: 'gp3', Iops: 6000 },
    'InvalidParameterValue: Iops to volume size ratio of 600.000000 is too high; maximum is 500.',
  ],
  [
    'createVolume',
    { AvailabilityZone: zoneA, Size: 10, Iops: 3000 },
    'InvalidParameterCombination: The parameter iops is not supported for gp2 volumes.',
  ],
  [
    'createVolume',
    { AvailabilityZone: zoneA, Size: 10, SnapshotId: 'snap-1' },
    'NotImplementedByEmbeddedRegion: The embedded region does not play the parameter SnapshotId of ec2.createVolume.',
  ],
  [
    'createLaunchTemplate',
    { LaunchTemplateName: 'taken', LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0' } },
    'InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use.',
  ],
  [
    'createLaunchTemplate',
    {
      LaunchTemplateName: 'large',
      LaunchTemplateData: { UserData: Buffer.alloc(16_385).toString('base64') },
    },
    'InvalidParameterValue: User data is limited to 16384 bytes',
  ],
  [
    'describeLaunchTemplateVersions',
    { LaunchTemplateName: 'gone' },
    'InvalidLaunchTemplateName.NotFoundException: The specified launch template, with template name gone, does not exist.',
  ],
  [
    'describeInstances',
    { Filters: [{ Name: 'colour', Values: ['red'] }] },
    "InvalidParameterValue: The filter 'colour' is invalid",
  ],
  [
    'describeInstances',
    { InstanceIds: ['i-00000000000000000'] },
    "InvalidInstanceID.NotFound: The instance ID 'i-00000000000000000' does not exist",
  ],
  ['describeInstances', { InstanceIds: ['i-x'] }, 'InvalidInstanceID.Malformed: Invalid id: "i-x"'],
  [
    'describeVolumes',
    { MaxResults: 1 },
    'InvalidParameterValue: Value ( 1 ) for parameter maxResults is invalid. Expecting a value greater than 5.',
  ],
  ['startInstances', { InstanceIds: ['$running'] }, 'accepted'],
  [
    'createTags',
    { Resources: ['$eni'], Tags: [{ Key: 'aws:x', Value: 'y' }] },
    "InvalidParameterValue: Value ( aws:x ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use",
  ],
  [
    'createSnapshot',
    { VolumeId: '$volumeA' },
    'NotImplementedByEmbeddedRegion: The embedded region does not play ec2.createSnapshot.',
  ],
];

export const autoscalingRefusals: Refusal[] = [
  [
    'createAutoScalingGroup',
    groupInput,
    'ValidationError: No default VPC for this user. A VPC Subnet is required.',
  ],
  [
    'createAutoScalingGroup',
    { ...groupInput, LaunchTemplate: { LaunchTemplateName: 'gone' } },
    'ValidationError: The specified launch template, with template name gone, does not exist.',
  ],
  [
    'createAutoScalingGroup',
    { ...groupInput, AvailabilityZones: [] },
    'ValidationError: At least one Availability Zone or VPC Subnet is required.',
  ],
  [
    'createAutoScalingGroup',
    { ...groupInput, MinSize: 2 },
    'ValidationError: Min bound, 2, must be less than or equal to max bound, 1',
  ],
  [
    'createAutoScalingGroup',
    { ...groupInput, DesiredCapacity: 5 },
    'ValidationError: Desired capacity:5 must be between the specified min size:1 and max size:1',
  ],
  [
    'createAutoScalingGroup',
    { ...groupInput, MixedInstancesPolicy: {} },
    'ValidationError: Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
  ],
  [
    'createAutoScalingGroup',
    {
      ...groupInput,
      LifecycleHookSpecificationList: [
        {
          LifecycleHookName: 'h',
          LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
          HeartbeatTimeout: 10,
        },
      ],
    },
    'ValidationError: Heartbeat timeout must be between 30 and 7200 seconds, and is 10',
  ],
  [
    'deleteAutoScalingGroup',
    { AutoScalingGroupName: 'gone' },
    "ValidationError: AutoScalingGroup name not found - AutoScalingGroup 'gone' not found",
  ],
  [
    'terminateInstanceInAutoScalingGroup',
    { InstanceId: '$running', ShouldDecrementDesiredCapacity: false },
    'ValidationError: Instance Id not found - No managed instance found for instance ID: $running',
  ],
  ['describeAutoScalingGroups', { AutoScalingGroupNames: ['gone'] }, 'accepted'],
];

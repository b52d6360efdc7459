import type { EC2, RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { Kernel, Operations, Service, UntypedOperation } from '../../kernel/kernel.ts';
import { announcements } from './announcements.ts';
import type { Faults } from './faults.ts';
import { flowLogOperations } from './flow-logs.ts';
import { instanceTypeOperations } from './instance-types.ts';
import { instanceOperations } from './instances/instances.ts';
import { checkLaunch } from './instances/run-instances.ts';
import { internetGatewayOperations } from './internet-gateways.ts';
import { launchTemplateOperations } from './launch-templates/launch-templates.ts';
import { natGatewayOperations } from './nat-gateways.ts';
import { networkInterfaceOperations } from './network-interfaces/network-interfaces.ts';
import { routeTableOperations } from './route-tables.ts';
import { securityGroupOperations } from './security-groups/security-groups.ts';
import { createEc2Store } from './store.ts';
import { subnetOperations } from './subnets.ts';
import { refuseReservedTags, tagOperations } from './tags.ts';
import { loseVolume } from './volumes/lose-volume.ts';
import { volumeOperations } from './volumes/volumes.ts';
import { vpcEndpointOperations } from './vpc-endpoints.ts';
import { vpcOperations } from './vpcs.ts';
import { zoneOperations } from './zones.ts';

export interface Ec2Service extends Service {
  readonly id: 'ec2';
  /** What goes wrong by order of a test. */
  readonly faults: Faults;
  /** Whether a launch would be accepted as far as its place is free; for Auto Scaling. @throws AwsError as RunInstances does */
  checkLaunch(input: RunInstancesRequest): Promise<void>;
}

/** EC2 and EBS as far as Trivet uses them: AWS's states, delays and refusals; anything else is a loud error (design §9). */
export function createEc2(kernel: Kernel): Ec2Service {
  const ec2 = createEc2Store(kernel);
  const operations: Operations<EC2> = {
    ...zoneOperations(ec2),
    ...vpcOperations(ec2),
    ...subnetOperations(ec2),
    ...internetGatewayOperations(ec2),
    ...routeTableOperations(ec2),
    ...securityGroupOperations(ec2),
    ...vpcEndpointOperations(ec2),
    ...natGatewayOperations(ec2),
    ...flowLogOperations(ec2),
    ...networkInterfaceOperations(ec2),
    ...volumeOperations(ec2),
    ...instanceTypeOperations(ec2),
    ...launchTemplateOperations(ec2),
    ...instanceOperations(ec2),
    ...tagOperations(ec2),
  };
  return {
    id: 'ec2',
    faults: { ...ec2.faults, ...announcements(ec2), loseVolume: (volumeId) => loseVolume(ec2, volumeId) },
    operations: withReservedTags(operations),
    checkLaunch: async (input) => void (await checkLaunch(ec2, input)),
  };
}

/** Every operation refuses tags in AWS's own name space, except from AWS's services. */
function withReservedTags(
  operations: Readonly<Record<string, UntypedOperation>>,
): Record<string, UntypedOperation> {
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]): [string, UntypedOperation] => [
      name,
      (input: object, context) => {
        if (context.principal.kind !== 'service') refuseReservedTags(input);
        return run(input as never, context);
      },
    ]),
  );
}

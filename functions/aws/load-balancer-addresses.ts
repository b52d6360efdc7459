import { EC2Client, paginateDescribeNetworkInterfaces } from '@aws-sdk/client-ec2';
import type { Config } from '../runtime/config.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

/** Where a network load balancer stands in one zone. Its addresses stay as long as it has that zone. */
export interface LoadBalancerAddress {
  /** Full name of the zone. */
  readonly zone: string;
  /** In the VPC. */
  readonly address: string;
  /** Only of one that faces the internet. */
  readonly publicAddress?: string;
}

/** The addresses behind a load balancer's DNS name, which no resolver knows outside AWS (ADR 10). */
export interface LoadBalancerAddresses {
  /** In order of zones; empty for a load balancer that is not there (any more). Needs ec2:DescribeNetworkInterfaces. */
  find(loadBalancerArn: string, signal?: AbortSignal): Promise<LoadBalancerAddress[]>;
}

/** By which Elastic Load Balancing describes the interfaces of a load balancer: `ELB net/<name>/<id>`. Pure. */
export function interfaceDescription(loadBalancerArn: string): string {
  return `ELB ${loadBalancerArn.slice(loadBalancerArn.indexOf(':loadbalancer/') + ':loadbalancer/'.length)}`;
}

export function makeLoadBalancerAddresses(config: Config): LoadBalancerAddresses {
  const client = new EC2Client(clientSettings(config));
  return {
    async find(loadBalancerArn, signal) {
      const Filters = [
        { Name: 'description', Values: [interfaceDescription(loadBalancerArn)] },
        // Anyone may write such a description; only Elastic Load Balancing makes interfaces of this type.
        { Name: 'interface-type', Values: ['network_load_balancer'] },
      ];
      const options = abortedBy(signal);
      const collect = async () => {
        const found: LoadBalancerAddress[] = [];
        for await (const page of paginateDescribeNetworkInterfaces({ client }, { Filters }, options))
          for (const {
            AvailabilityZone: zone = '',
            PrivateIpAddress,
            Association,
          } of page.NetworkInterfaces ?? [])
            if (PrivateIpAddress !== undefined)
              found.push({
                zone,
                address: PrivateIpAddress,
                ...(Association?.PublicIp !== undefined && { publicAddress: Association.PublicIp }),
              });
        return found;
      };
      const found = await calling('ec2:DescribeNetworkInterfaces', collect());
      return found.sort((one, other) => one.zone.localeCompare(other.zone));
    },
  };
}

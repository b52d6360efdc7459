import type { Cni } from './add-on.ts';

/** UDP port of the kernel's VXLAN, as flannel sets it on Linux. */
export const vxlanPort = 8472;

/** A way in that nodes of one cluster need to each other, in the terms of a security group's rule. */
export interface NodePorts {
  readonly protocol: 'tcp' | 'udp' | '-1';
  readonly fromPort: number;
  readonly toPort: number;
  readonly reason: string;
}

/**
 * What the pods' network needs between all nodes of a cluster, control plane and workers alike, in every direction. `none`: whoever brings
 * the network brings its rules.
 */
export function cniPorts(cni: Cni): NodePorts[] {
  switch (cni) {
    case 'flannel':
      return [
        { protocol: 'udp', fromPort: vxlanPort, toPort: vxlanPort, reason: 'pods reach pods over VXLAN' },
      ];
    case 'aws-vpc-cni':
      // Pods' interfaces carry the nodes' groups, and pods talk on any port.
      return [{ protocol: '-1', fromPort: -1, toPort: -1, reason: 'pods have addresses of the VPC' }];
    case 'none':
      return [];
  }
}

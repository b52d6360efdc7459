import type { Manifest } from './manifest.ts';

/** How pods get their addresses; `none` is brought by the user. */
export type Cni = 'flannel' | 'aws-vpc-cni' | 'none';

/** All that add-ons are made of. */
export interface AddOnInput {
  readonly cluster: string;
  readonly region: string;
  readonly vpcId: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** Host name of the load balancer before the API servers. */
  readonly endpointHost: string;
  /** Full version without a v. */
  readonly kubernetesVersion: string;
  /** How many control-plane nodes there are. */
  readonly controlPlanes: number;
  readonly cni: Cni;
  /** Roles in AWS, where there are such. */
  readonly roles: {
    readonly cloudControllerManager?: string;
    readonly ebsCsiDriver?: string;
    readonly cni?: string;
  };
  /** Issuer of service-account tokens. */
  readonly issuer: string;
}

/** A workload whose rollout tells that an add-on works. */
export interface Awaited {
  readonly kind: 'Deployment' | 'DaemonSet';
  readonly namespace: string;
  readonly name: string;
}

export interface AddOn {
  readonly name: string;
  readonly version: string;
  /** In the order in which they are applied. */
  readonly objects: readonly Manifest[];
  readonly awaits: readonly Awaited[];
  /** Add-ons of a lower stage are applied before those of a higher one. */
  readonly stage: number;
}

/**
 * 0: what makes nodes ready, on the host's network, which nothing may wait for; 1: names; 2: what needs both.
 */
export const stages = { nodes: 0, names: 1, services: 2 } as const;

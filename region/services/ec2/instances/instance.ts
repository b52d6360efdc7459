import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Machine } from '../../../kernel/kernel.ts';
import type { InstanceState } from './instance-states.ts';

export interface InstanceProfile {
  readonly arn: string;
  readonly id: string;
  readonly roleArn: string;
}

export interface Instance {
  readonly instanceId: string;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly imageId: string;
  readonly instanceType: string;
  /** Of a spot instance: the request that brought it. */
  readonly spotRequestId: string | undefined;
  readonly zone: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly address: string;
  /** Decoded. */
  readonly userData: string;
  readonly profile: InstanceProfile | undefined;
  readonly keyName: string | undefined;
  readonly clientToken: string | undefined;
  readonly metadataOptions: RequestLaunchTemplateData['MetadataOptions'];
  readonly launchedBy: string;
  readonly networkInterfaceIds: string[];
  readonly rootVolumeId: string;
  /** Time of the last launch or start. */
  launchTime: Date;
  state: InstanceState;
  stateReason: { readonly code: string; readonly message: string } | undefined;
  stateTransitionReason: string;
  terminatedAt: Date | undefined;
  protectedFromTermination: boolean;
  /** Counts starts: a boot of an earlier start must not run a machine. */
  boots: number;
  machine: Machine | undefined;
  /** What the console of the last machine said. */
  console: string;
}

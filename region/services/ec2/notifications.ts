import type { Ec2 } from './store.ts';

/** `EC2 Instance State-change Notification`, as EC2 puts it on the default bus. Best-effort on AWS. */
export function putInstanceEvent(ec2: Ec2, instanceId: string, state: string): void {
  ec2.kernel.putEvent({
    source: 'aws.ec2',
    'detail-type': 'EC2 Instance State-change Notification',
    resources: [ec2.arn('instance', instanceId)],
    detail: { 'instance-id': instanceId, state },
  });
}

/** `EBS Volume Notification`: what became of a request for a volume. */
export function putVolumeEvent(
  ec2: Ec2,
  change: { event: string; volumeId: string; result: string; cause: string },
): void {
  const { event, volumeId, result, cause } = change;
  ec2.kernel.putEvent({
    source: 'aws.ec2',
    'detail-type': 'EBS Volume Notification',
    resources: [ec2.arn('volume', volumeId)],
    detail: { event, result, cause, 'request-id': ec2.kernel.ids.uuid() },
  });
}

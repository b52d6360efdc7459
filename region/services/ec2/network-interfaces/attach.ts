import { refuse } from '../../common/request.ts';
import type { Ec2 } from '../store.ts';
import type { NetworkInterface } from './network-interface.ts';

/** Refuses an interface that has a holder: EC2's own fence around a slot (facts §1.3, §1.5). @throws AwsError InvalidNetworkInterface.InUse */
export function requireFree(one: NetworkInterface): void {
  if (one.status !== 'available')
    refuse('InvalidNetworkInterface.InUse', `Interface: [${one.networkInterfaceId}] in use.`);
}

/** Gives a free interface to an instance; it is `in-use` at once. @throws AwsError InvalidNetworkInterface.InUse */
export function claimNetworkInterface(
  ec2: Ec2,
  one: NetworkInterface,
  holder: { instanceId: string; deviceIndex: number; deleteOnTermination: boolean },
): void {
  requireFree(one);
  one.status = 'in-use';
  one.attachment = {
    attachmentId: ec2.kernel.ids.ec2('eni-attach'),
    attachTime: ec2.kernel.clock.now(),
    status: 'attaching',
    ...holder,
  };
}

/** Takes an interface from its holder: `detaching`, then available, or deleted where the attachment says so. */
export function releaseNetworkInterface(ec2: Ec2, one: NetworkInterface): void {
  const { attachment } = one;
  if (attachment === undefined) return;
  attachment.status = 'detaching';
  ec2.kernel.clock.after(ec2.kernel.delays.networkInterfaceDetach, () => {
    one.attachment = undefined;
    one.status = 'available';
    if (!attachment.deleteOnTermination) return;
    ec2.networkInterfaces.delete(one.networkInterfaceId);
    ec2.tags.forget(one.networkInterfaceId);
  });
}

import { releaseNetworkInterface } from '../network-interfaces/attach.ts';
import { putInstanceEvent } from '../notifications.ts';
import type { Ec2 } from '../store.ts';
import { releaseVolume, volumesOf } from '../volumes/attach-volume.ts';
import { keyProblem } from '../volumes/create-volume.ts';
import type { Instance } from './instance.ts';
import type { InstanceState } from './instance-states.ts';

/** The share of a shutdown that is left when the operating system is not asked to end (SkipOsShutdown). */
const shareWithoutOs = 0.2;

export type Reason = Instance['stateReason'];

function enter(ec2: Ec2, instance: Instance, state: InstanceState): void {
  instance.state = state;
  putInstanceEvent(ec2, instance.instanceId, state);
}

/** `pending` → `running` → the machine boots. A volume that cannot be decrypted ends the launch, as on AWS. */
export function bringUp(ec2: Ec2, instance: Instance): void {
  const { kernel } = ec2;
  instance.boots += 1;
  const boot = instance.boots;
  enter(ec2, instance, 'pending');
  kernel.clock.after(kernel.delays.instancePending, async () => {
    const problem = await volumeProblem(ec2, instance);
    if (instance.state !== 'pending' || instance.boots !== boot) return;
    if (problem !== undefined) {
      const message = 'Client.InternalError: Client error on launch';
      kernel.log(`${instance.instanceId}: ${problem}`);
      return tearDown(ec2, instance, { reason: { code: 'Client.InternalError', message } });
    }
    finishAttachments(ec2, instance);
    instance.stateReason = undefined;
    enter(ec2, instance, 'running');
    kernel.clock.after(kernel.delays.instanceBoot, () => {
      if (instance.state === 'running' && instance.boots === boot) startMachine(ec2, instance);
    });
  });
}

async function volumeProblem(ec2: Ec2, { instanceId }: Instance): Promise<string | undefined> {
  for (const { kmsKeyId } of volumesOf(ec2, instanceId)) {
    const problem = await keyProblem(ec2, kmsKeyId);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What came with the launch is attached once the instance runs. */
function finishAttachments(ec2: Ec2, instance: Instance): void {
  for (const id of instance.networkInterfaceIds) {
    const attachment = ec2.networkInterfaces.get(id)?.attachment;
    if (attachment?.status === 'attaching') attachment.status = 'attached';
  }
  for (const { attachment } of volumesOf(ec2, instance.instanceId))
    if (attachment?.state === 'attaching') attachment.state = 'attached';
}

function startMachine(ec2: Ec2, instance: Instance): void {
  const { kernel } = ec2;
  try {
    instance.machine = kernel.machines.launch({
      instanceId: instance.instanceId,
      privateIp: instance.address,
      zone: instance.zone,
      userData: instance.userData,
      ...(instance.profile ? { roleArn: instance.profile.roleArn } : {}),
    });
  } catch (error) {
    // The instance still runs for EC2, as one whose operating system does not come up.
    kernel.log(`${instance.instanceId}: no machine: ${String(error)}`);
    return;
  }
  for (const { volumeId, attachment } of volumesOf(ec2, instance.instanceId))
    if (attachment?.state === 'attached' && volumeId !== instance.rootVolumeId)
      instance.machine.attachVolume({ volumeId, device: attachment.device });
}

/**
 * `shutting-down` → `terminated`. What the instance holds becomes free only then, after its processes are gone: a terminated
 * instance can never write to its disk (facts §1.5).
 */
export function tearDown(
  ec2: Ec2,
  instance: Instance,
  { reason, skipOsShutdown = false }: { reason: Reason; skipOsShutdown?: boolean },
): void {
  const { clock, delays } = ec2.kernel;
  instance.stateReason = reason;
  enter(ec2, instance, 'shutting-down');
  const delay = delays.instanceShutdown * (skipOsShutdown ? shareWithoutOs : 1);
  ec2.kernel.background('the end of an instance', async () => {
    await Promise.all([
      clock.sleep(delay),
      stopMachine(ec2, instance),
      ec2.faults.shutdownReleased(instance.instanceId),
    ]);
    instance.terminatedAt = clock.now();
    enter(ec2, instance, 'terminated');
    for (const id of instance.networkInterfaceIds) {
      const one = ec2.networkInterfaces.get(id);
      if (one) releaseNetworkInterface(ec2, one);
    }
    for (const volume of volumesOf(ec2, instance.instanceId)) releaseVolume(ec2, volume, true);
  });
}

/** `stopping` → `stopped`. Interfaces and volumes stay. */
export function bringDown(ec2: Ec2, instance: Instance, reason: Reason): void {
  const { clock, delays } = ec2.kernel;
  instance.stateReason = reason;
  enter(ec2, instance, 'stopping');
  ec2.kernel.background('the stop of an instance', async () => {
    await Promise.all([clock.sleep(delays.instanceShutdown), stopMachine(ec2, instance)]);
    if (instance.state === 'stopping') enter(ec2, instance, 'stopped');
  });
}

async function stopMachine(ec2: Ec2, instance: Instance): Promise<void> {
  const { machine } = instance;
  if (machine === undefined) return;
  try {
    await machine.terminate();
  } catch (error) {
    ec2.kernel.log(`${instance.instanceId}: ${String(error)}`);
  }
  instance.console = machine.consoleOutput();
  instance.machine = undefined;
}

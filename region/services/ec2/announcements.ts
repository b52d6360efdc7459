import type { Faults, ScheduledChange } from './faults.ts';
import { tearDown } from './instances/lifecycle.ts';
import type { Ec2 } from './store.ts';

/** From the warning to the end of a spot instance, in ms, before `hookScale`. */
const spotNotice = 120_000;

/** What each kind of scheduled event is called by AWS Health. */
const healthCodes: Readonly<Record<ScheduledChange['code'], string>> = {
  'instance-reboot': 'AWS_EC2_INSTANCE_REBOOT_MAINTENANCE_SCHEDULED',
  'instance-retirement': 'AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED',
  'instance-stop': 'AWS_EC2_INSTANCE_STOP_SCHEDULED',
  'system-maintenance': 'AWS_EC2_SYSTEM_MAINTENANCE_EVENT',
  'system-reboot': 'AWS_EC2_SYSTEM_REBOOT_MAINTENANCE_SCHEDULED',
};

/** What AWS announces for instances, by order of a test, with the events of worker-lifecycle §4. */
export function announcements(
  ec2: Ec2,
): Pick<Faults, 'interruptSpot' | 'recommendRebalance' | 'scheduleChange'> {
  return {
    interruptSpot: (instanceId) => {
      putSpotEvent(ec2, instanceId, 'EC2 Spot Instance Interruption Warning', {
        'instance-action': 'terminate',
      });
      const { clock, delays } = ec2.kernel;
      return clock.after(spotNotice * delays.hookScale, () => takeBack(ec2, instanceId));
    },
    recommendRebalance: (instanceId) =>
      putSpotEvent(ec2, instanceId, 'EC2 Instance Rebalance Recommendation', {}),
    scheduleChange: (change) => {
      const cancel = ec2.faults.schedule(change);
      putHealthEvent(ec2, change);
      return cancel;
    },
  };
}

function takeBack(ec2: Ec2, instanceId: string): void {
  const instance = ec2.instances.get(instanceId);
  if (instance?.state !== 'running' && instance?.state !== 'pending') return;
  const code = 'Server.SpotInstanceTermination';
  tearDown(ec2, instance, { reason: { code, message: `${code}: Spot instance termination` } });
}

/** In these events alone the ARN names a zone and no account. */
function putSpotEvent(ec2: Ec2, instanceId: string, type: string, more: object): void {
  const zone = ec2.instances.get(instanceId)?.zone ?? '';
  ec2.kernel.putEvent({
    source: 'aws.ec2',
    'detail-type': type,
    resources: [`arn:aws:ec2:${zone}:instance/${instanceId}`],
    detail: { 'instance-id': instanceId, ...more },
  });
}

function putHealthEvent(ec2: Ec2, { instanceIds, code, notBefore }: ScheduledChange): void {
  const { kernel } = ec2;
  const eventTypeCode = healthCodes[code];
  kernel.putEvent({
    source: 'aws.health',
    'detail-type': 'AWS Health Event',
    resources: [...instanceIds],
    detail: {
      eventArn: `arn:aws:health:${kernel.region}::event/EC2/${eventTypeCode}/${kernel.ids.uuid()}`,
      service: 'EC2',
      eventTypeCode,
      eventTypeCategory: 'scheduledChange',
      // RFC 1123, not ISO 8601.
      startTime: notBefore.toUTCString(),
      eventDescription: [{ language: 'en_US', latestDescription: `${code} of EC2 instances` }],
      affectedEntities: instanceIds.map((entityValue) => ({
        entityValue,
        tags: Object.fromEntries(ec2.tags.of(entityValue).map(({ Key = '', Value = '' }) => [Key, Value])),
      })),
    },
  });
}

/** What goes wrong in EC2 by order of a test or of a person (region/control.ts) (design §9, faults). Each method returns the way back. */
export interface Faults {
  /** The instance stays in `shutting-down`, holding its interface and volumes, until the returned function is called. */
  holdShutdown(instanceId: string): () => void;
  /** Launches that match are refused with InsufficientInstanceCapacity; without fields, every launch. */
  insufficientCapacity(rule?: CapacityRule): () => void;
  /** A zone is down: it takes no launches and its instances fail their status checks. Processes in it are the machines' affair. */
  zoneOutage(zone: string): () => void;
  /** The data of a volume is lost for good, and its state is `error`. There is no way back. @throws AwsError InvalidVolume.NotFound */
  loseVolume(volumeId: string): void;
  /** The image was deregistered: launches from it are refused with InvalidAMIID.NotFound. Any other well-formed id is an image. */
  missingImage(imageId: string): () => void;
  /** A status check of the instance fails: the instance's own (its operating system), or the system's (what it runs on). */
  impair(instanceId: string, check: StatusCheck): () => void;
  /** Spot's warning, and after two minutes (`hookScale` shortens them) the end of the instance. The returned function calls the end off. */
  interruptSpot(instanceId: string): () => void;
  /** The recommendation alone, as it often comes before a warning or instead of one. */
  recommendRebalance(instanceId: string): void;
  /** AWS Health says what will happen to instances, and DescribeInstanceStatus shows it until it is cancelled. Nothing happens. */
  scheduleChange(change: ScheduledChange): () => void;
}

export type StatusCheck = 'instance' | 'system';

export interface ScheduledChange {
  /** Of several, one event tells. */
  readonly instanceIds: readonly string[];
  readonly code:
    | 'instance-reboot'
    | 'instance-retirement'
    | 'instance-stop'
    | 'system-maintenance'
    | 'system-reboot';
  readonly notBefore: Date;
}

export interface CapacityRule {
  readonly zone?: string;
  readonly instanceType?: string;
  readonly market?: 'on-demand' | 'spot';
}

/** The ordered faults with the questions that EC2 asks of them. */
export interface OrderedFaults
  extends Omit<Faults, 'interruptSpot' | 'loseVolume' | 'recommendRebalance' | 'scheduleChange'> {
  /** `scheduleChange` without its event. */
  schedule(change: ScheduledChange): () => void;
  /** What is scheduled for an instance. */
  scheduledFor(instanceId: string): readonly ScheduledChange[];
  /** Since when a check fails; undefined while it passes. */
  impairedSince(instanceId: string, check: StatusCheck): Date | undefined;
  /** Resolves when nothing holds the instance in `shutting-down`. */
  shutdownReleased(instanceId: string): Promise<void>;
  lacksCapacity(zone: string, instanceType: string, market: 'on-demand' | 'spot'): boolean;
  isDown(zone: string): boolean;
  isImageMissing(imageId: string): boolean;
}

/** No faults yet. */
export function createFaults(now: () => Date): OrderedFaults {
  const held = new Map<string, { released: Promise<void>; release: () => void }>();
  const scarce = new Set<CapacityRule>();
  const down = new Set<string>();
  const missingImages = new Set<string>();
  const impaired = new Map<string, Date>();
  const scheduled = new Set<ScheduledChange>();
  return {
    holdShutdown: (instanceId) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.set(instanceId, { released: promise, release: resolve });
      return () => {
        held.get(instanceId)?.release();
        held.delete(instanceId);
      };
    },
    insufficientCapacity: (rule = {}) => {
      scarce.add(rule);
      return () => void scarce.delete(rule);
    },
    zoneOutage: (zone) => {
      down.add(zone);
      return () => void down.delete(zone);
    },
    shutdownReleased: async (instanceId) => held.get(instanceId)?.released,
    lacksCapacity: (zone, instanceType, market) =>
      down.has(zone) ||
      [...scarce].some(
        (rule) =>
          (rule.zone ?? zone) === zone &&
          (rule.instanceType ?? instanceType) === instanceType &&
          (rule.market ?? market) === market,
      ),
    isDown: (zone) => down.has(zone),
    missingImage: (imageId) => {
      missingImages.add(imageId);
      return () => void missingImages.delete(imageId);
    },
    impair: (instanceId, check) => {
      impaired.set(`${instanceId} ${check}`, now());
      return () => void impaired.delete(`${instanceId} ${check}`);
    },
    impairedSince: (instanceId, check) => impaired.get(`${instanceId} ${check}`),
    schedule: (change) => {
      scheduled.add(change);
      return () => void scheduled.delete(change);
    },
    scheduledFor: (instanceId) => [...scheduled].filter((one) => one.instanceIds.includes(instanceId)),
    isImageMissing: (imageId) => missingImages.has(imageId),
  };
}

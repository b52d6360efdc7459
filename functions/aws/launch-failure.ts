/** A launch of an Auto Scaling group that failed. */
export interface LaunchFailure {
  /** When the attempt began, ISO 8601. */
  readonly at: string;
  /** `capacity`: EC2 has no such instance to give in this zone. `interface-in-use`: another instance holds the named interface. */
  readonly kind: 'capacity' | 'interface-in-use' | 'other';
  /** The instance type that the message names; absent when it names none. */
  readonly instanceType?: string;
  readonly message: string;
}

/**
 * An activity's status message is EC2's own message, sometimes after its code. These are InsufficientInstanceCapacity, Unsupported for the
 * zone, and InsufficientHostCapacity, and what fleets say of spot; a limit of the account (VcpuLimitExceeded) is none of them, as another type would meet it too.
 */
const capacityMessages = [
  /\bdo(?:es)? not have sufficient (?<type>\S+) capacity\b/i,
  /\binstance type \((?<type>[^)\s]+)\) is not supported in your requested availability zone\b/i,
  /\bInsufficient(?:Instance|Host)Capacity\b/,
  /\bUnfulfillableCapacity\b/,
  /\bno spot capacity available\b/i,
  /\binsufficient capacity\b/i,
];

const interfaceInUse = /\binterface: \[eni-[0-9a-f]+\] in use\b/i;

/** Tells a failed launch's kind by EC2's messages (reference aws-etcd-kubeadm-facts §1.5): an activity carries no code. */
export function classifyLaunchFailure(message: string, at: string): LaunchFailure {
  for (const pattern of capacityMessages) {
    const match = pattern.exec(message);
    if (!match) continue;
    const instanceType = match.groups?.type;
    return { at, kind: 'capacity', ...(instanceType !== undefined && { instanceType }), message };
  }
  return { at, kind: interfaceInUse.test(message) ? 'interface-in-use' : 'other', message };
}

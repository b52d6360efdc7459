import type { ClusterRecord } from '../../functions/aws/registry.ts';
import type { Offer, SlotView, SourceView, WorkerView } from './contracts.ts';

/** Of an instance that is going already, nothing is asked any more. */
const there = ['pending', 'running'];

/** Of these, a person types the cluster's name before they are done; the server asks for it again. */
const destructive: ReadonlySet<string> = new Set(['drain-worker', 'repair-worker', 'lose-volume']);

export function isDestructive(action: string): boolean {
  return destructive.has(action);
}

/** What a person may have done with a slot; breaking it only where AWS is played. Pure. */
export function offersOfSlot(
  cluster: string,
  { instance, slot, state, volume }: Omit<SlotView, 'offers'>,
  { embedded }: SourceView,
): Offer[] {
  const alive = instance && there.includes(instance.state) ? instance.instanceId : undefined;
  return [
    ...(alive === undefined || state === 'well' ? [] : [replaceSlot(cluster, slot)]),
    ...(embedded && alive !== undefined ? [killInstance(cluster, alive, `slot ${slot}`)] : []),
    ...(embedded && volume && ['available', 'in-use'].includes(volume.state)
      ? [loseVolume(cluster, slot, volume.volumeId)]
      : []),
  ];
}

function replaceSlot(cluster: string, slot: string): Offer {
  return {
    kind: 'runbook',
    name: 'replace-slot',
    parameters: { cluster, slot },
    label: 'Put back',
    title: `Put slot ${slot} back`,
    says: [
      `Starts replace-etcd-member for slot ${slot}: it looks at the slot's instance, volume and member, and where the member is not there it starts it on the slot's own disk.`,
      'A slot that serves is left as it is. A slot whose data is lost is held, with the reason; no member is removed.',
    ],
    destructive: isDestructive('replace-slot'),
  };
}

function killInstance(cluster: string, instanceId: string, whose: string): Offer {
  const slot = whose.startsWith('slot');
  return {
    kind: 'break',
    name: 'kill-instance',
    parameters: { cluster, instanceId },
    label: 'Kill instance',
    title: `Kill ${instanceId} of ${whose}`,
    says: [
      'Terminates the instance by the EC2 API, as a failing host would: all of its processes end at once.',
      slot
        ? 'Its group launches another, which gets the same address and the same disk and comes back as the same etcd member.'
        : 'Its group launches another worker, and pods are placed anew.',
    ],
    destructive: isDestructive('kill-instance'),
  };
}

function loseVolume(cluster: string, slot: string, volumeId: string): Offer {
  return {
    kind: 'break',
    name: 'lose-volume',
    parameters: { cluster, volumeId },
    label: 'Lose volume',
    title: `Lose ${volumeId} of slot ${slot}`,
    says: [
      'The data on the disk is gone for good, as when the hardware below it fails; etcd ends at once. There is no way back to this data.',
      'The other members go on. Trivet starts no member on a blank disk: the slot is held until its member is rebuilt.',
    ],
    destructive: isDestructive('lose-volume'),
  };
}

/** What a person may do to a zone, where AWS is played. Pure. */
export function offersOfZone(cluster: string, zone: string, cut: boolean, { embedded }: SourceView): Offer[] {
  if (!embedded) return [];
  const parameters = { cluster, zone };
  if (cut)
    return [
      {
        kind: 'break',
        name: 'join-zone',
        parameters,
        label: 'Join zone',
        title: `Join zone ${zone} again`,
        says: ['What stood still in the zone goes on where it was, and its members catch up.'],
        destructive: isDestructive('join-zone'),
      },
    ];
  return [
    {
      kind: 'break',
      name: 'cut-zone',
      parameters,
      label: 'Cut zone',
      title: `Cut zone ${zone} off`,
      says: [
        'Nothing in the zone moves or answers, its instances fail their status checks, and none can be launched there, until you join it again.',
        'While the other zones have a quorum, the cluster goes on without it.',
      ],
      destructive: isDestructive('cut-zone'),
    },
  ];
}

/** What a person may have done with a worker. Pure. */
export function offersOfWorker(
  cluster: string,
  pool: string,
  { health, instanceId, state, zone }: Omit<WorkerView, 'offers'>,
  { embedded }: SourceView,
): Offer[] {
  if (!there.includes(state)) return [];
  const parameters = { cluster, pool, zone: zone.slice(-1), instanceId };
  return [
    {
      kind: 'runbook',
      name: 'drain-worker',
      parameters,
      label: 'Drain',
      title: `Drain ${instanceId} of pool ${pool}`,
      says: [
        "Starts drain-worker: the node takes no more pods, and its pods are moved away within their disruption budgets, for as long as the pool's deadline allows.",
        'Then the instance is terminated, and its group launches another in its place.',
      ],
      destructive: isDestructive('drain-worker'),
    },
    ...(health === 'well' ? [] : [repairWorker(pool, parameters)]),
    ...(embedded ? [killInstance(cluster, instanceId, `pool ${pool}`)] : []),
  ];
}

function repairWorker(
  pool: string,
  parameters: Offer['parameters'] & { readonly instanceId: string },
): Offer {
  return {
    kind: 'runbook',
    name: 'repair-worker',
    parameters,
    label: 'Repair',
    title: `Repair ${parameters.instanceId} of pool ${pool}`,
    says: [
      'Starts repair-worker: it judges the worker by its node and its status checks, and replaces it where it is found dead and the storm guard is open.',
      'A worker that is well is left as it is.',
    ],
    destructive: isDestructive('repair-worker'),
  };
}

/** What a person may have done with the whole cluster. Pure. */
export function offersOfCluster({ name }: ClusterRecord): Offer[] {
  return [
    {
      kind: 'runbook',
      name: 'provision-cluster',
      parameters: { cluster: name },
      label: 'Provision again',
      title: `Provision ${name} again`,
      says: [
        'Starts provision-cluster with the spec that the registry has: what is missing or differs is made as the spec says, and what is as it says is left alone.',
        'It is safe to repeat, and where it runs already you join that one.',
      ],
      destructive: isDestructive('provision-cluster'),
    },
  ];
}

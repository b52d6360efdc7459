import { type Runbook, type RunbookParameter, runbooks } from '../../functions/runbooks/definitions.ts';
import type { Ask, Offer, SlotView, SourceView, WorkerView } from './contracts.ts';

/** Of these, a person types the cluster's name before they are done; the server asks for it again. */
const destructive: ReadonlySet<string> = new Set(['drain-worker', 'repair-worker', 'lose-volume', 'approve']);

/** Whether something is lost by it. What needs an approval is, by its definition. */
export function isDestructive(action: string): boolean {
  return destructive.has(action) || runbooks.some(({ approval, name }) => approval && name === action);
}

/** What a runbook is of, by the parameters that name it. */
type Subject = Readonly<Record<string, string>>;

/** Short words for what each runbook does to what its button stands at; others are called by their names. */
const labels: Readonly<Record<string, string>> = {
  'provision-cluster': 'Provision again',
  'replace-slot': 'Put back',
  'kick-slot': 'Kick',
  'replace-control-plane-node': 'Replace',
  'scale-pool': 'Resize',
  'retire-cluster': 'Retire',
  'drain-worker': 'Drain',
  'repair-worker': 'Repair',
  'pause-automation': 'Pause',
  'resume-automation': 'Resume',
};

/** Parameters that name what a runbook is of. */
const naming = ['Cluster', 'Slot', 'Pool', 'InstanceId'];

/** The cluster's name, typed again: the page asks for that itself, wherever something is lost. */
export const confirmation = 'Confirm';

/** All others are asked for. */
const known = [...naming, confirmation];

/** The runbooks of a subject: those whose naming parameters are the subject's. New ones need nothing here. Pure. */
function runbooksOf(cluster: string, subject: Subject, isOfUse: (name: string) => boolean): Offer[] {
  const wanted = ['Cluster', ...Object.keys(subject)].sort().join();
  const subjectOf = ({ parameters }: Runbook): string =>
    parameters
      .map(({ name }) => name)
      .filter((name) => naming.includes(name))
      .sort()
      .join();
  return runbooks
    .filter((runbook) => subjectOf(runbook) === wanted && isOfUse(runbook.name))
    .map((runbook) => offerOf(runbook, cluster, subject));
}

function offerOf(
  { description, name, parameters, title, whenStopped, approval }: Runbook,
  cluster: string,
  subject: Subject,
): Offer {
  const whose = Object.values(subject).join(' ') || cluster;
  return {
    kind: 'runbook',
    name,
    cluster,
    parameters: subject,
    asks: parameters.filter((parameter) => !known.includes(parameter.name)).map(askOf),
    label: labels[name] ?? wordsOf(name),
    title: `${title}: ${whose}`,
    says: [
      description,
      `Stopped half-way: ${whenStopped.charAt(0).toLowerCase()}${whenStopped.slice(1)}`,
      ...(approval ? ['It waits for an approval before anything happens.'] : []),
    ],
    destructive: isDestructive(name),
  };
}

function askOf({ allowedValues, default: fallback, description, name }: RunbookParameter): Ask {
  return {
    name,
    description,
    ...(fallback !== undefined && { default: fallback }),
    ...(allowedValues && { values: allowedValues }),
  };
}

function wordsOf(name: string): string {
  const words = name.replaceAll('-', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** Of an instance that is going already, nothing is asked any more. */
const there = ['pending', 'running'];

/** What a person may have done with a slot; breaking it only where AWS is played. Pure. */
export function offersOfSlot(
  cluster: string,
  { instance, slot, state, volume }: Omit<SlotView, 'offers'>,
  { embedded }: SourceView,
): Offer[] {
  const alive = instance && there.includes(instance.state) ? instance.instanceId : undefined;
  const isOfUse = (name: string): boolean => {
    if (name === 'replace-slot') return state !== 'well';
    return (name === 'kick-slot') === (instance === undefined);
  };
  return [
    ...runbooksOf(cluster, { Slot: slot }, isOfUse),
    ...(embedded && alive !== undefined ? [killInstance(cluster, alive, { slot })] : []),
    ...(embedded && volume && ['available', 'in-use'].includes(volume.state)
      ? [loseVolume(cluster, slot, volume.volumeId)]
      : []),
  ];
}

/** What a person may have done with a worker. Pure. */
export function offersOfWorker(
  cluster: string,
  pool: string,
  { health, instanceId, state }: Omit<WorkerView, 'offers'>,
  { embedded }: SourceView,
): Offer[] {
  if (!there.includes(state)) return [];
  return [
    ...runbooksOf(
      cluster,
      { InstanceId: instanceId },
      (name) => name !== 'repair-worker' || health !== 'well',
    ),
    ...(embedded ? [killInstance(cluster, instanceId, { pool })] : []),
  ];
}

/** What a person may have done with a pool. Pure. */
export function offersOfPool(cluster: string, pool: string): Offer[] {
  return runbooksOf(cluster, { Pool: pool }, () => true);
}

/** What a person may have done with the whole cluster. Pure. */
export function offersOfCluster(cluster: string, paused: boolean): Offer[] {
  return runbooksOf(cluster, {}, (name) => {
    if (name === 'pause-automation') return !paused;
    return name === 'resume-automation' ? paused : true;
  });
}

/** What a person may do to a zone, where AWS is played. Pure. */
export function offersOfZone(cluster: string, zone: string, cut: boolean, { embedded }: SourceView): Offer[] {
  if (!embedded) return [];
  if (cut)
    return [
      breaking('join-zone', cluster, {
        parameters: { zone },
        label: 'Join zone',
        title: `Join zone ${zone} again`,
        says: ['What stood still in the zone goes on where it was, and its members catch up.'],
      }),
    ];
  return [
    breaking('cut-zone', cluster, {
      parameters: { zone },
      label: 'Cut zone',
      title: `Cut zone ${zone} off`,
      says: [
        'Nothing in the zone moves or answers, its instances fail their status checks, and none can be launched there, until you join it again.',
        'While the other zones have a quorum, the cluster goes on without it.',
      ],
    }),
  ];
}

/** Yes or no to a runbook that waits for it. Pure. */
export function offersOfApproval(cluster: string, automationId: string, title: string): Offer[] {
  const common = { kind: 'approval', cluster, parameters: { automationId }, asks: [] } as const;
  return [
    {
      ...common,
      name: 'approve',
      label: 'Approve',
      title: `Approve: ${title}`,
      says: ['It begins at once.', `Its automation is ${automationId}.`],
      destructive: isDestructive('approve'),
    },
    {
      ...common,
      name: 'reject',
      label: 'Reject',
      title: `Reject: ${title}`,
      says: ['Nothing happens, and it ends.'],
      destructive: isDestructive('reject'),
    },
  ];
}

function breaking(
  name: string,
  cluster: string,
  offer: Pick<Offer, 'parameters' | 'label' | 'title' | 'says'>,
): Offer {
  return { kind: 'break', name, cluster, asks: [], ...offer, destructive: isDestructive(name) };
}

function killInstance(
  cluster: string,
  instanceId: string,
  whose: { readonly slot: string } | { readonly pool: string },
): Offer {
  const isSlot = 'slot' in whose;
  return breaking('kill-instance', cluster, {
    parameters: { instanceId },
    label: 'Kill instance',
    title: `Kill ${instanceId} of ${isSlot ? `slot ${whose.slot}` : `pool ${whose.pool}`}`,
    says: [
      'Terminates the instance by the EC2 API, as a failing host would: all of its processes end at once.',
      isSlot
        ? 'Its group launches another, which gets the same address and the same disk and comes back as the same etcd member.'
        : 'Its group launches another worker, and pods are placed anew.',
    ],
  });
}

function loseVolume(cluster: string, slot: string, volumeId: string): Offer {
  return breaking('lose-volume', cluster, {
    parameters: { volumeId },
    label: 'Lose volume',
    title: `Lose ${volumeId} of slot ${slot}`,
    says: [
      'The data on the disk is gone for good, as when the hardware below it fails; etcd ends at once. There is no way back to this data.',
      'The other members go on. Trivet starts no member on a blank disk: the slot is held until its member is rebuilt.',
    ],
  });
}

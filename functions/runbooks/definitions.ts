/**
 * Every runbook of Trivet (issue 5): what a person is asked, and what is done. One definition is one SSM Automation document (infra), one entry
 * of `trivet runbook`, one decision of `check-runbook` and one page in docs/runbooks. Imports nothing, so that anything may import it.
 */
export interface RunbookParameter {
  /** As SSM has it: in PascalCase. */
  readonly name: string;
  readonly description: string;
  /** Absent: it must be given. */
  readonly default?: string;
  readonly allowedValues?: readonly string[];
  /** A regular expression that the whole value must match; what it lets through may stand within a JSON string. */
  readonly allowedPattern?: string;
}

export interface Runbook {
  /** The document is `<deployment>-<name>`, the page docs/runbooks/<name>.md. */
  readonly name: string;
  readonly title: string;
  /** What it will do, and what it never does: for a tired person. */
  readonly description: string;
  readonly parameters: readonly RunbookParameter[];
  /** Somebody who is named must approve before anything happens: it destroys. */
  readonly approval: boolean;
  /** What is left where it is stopped half-way, and what goes on by itself. */
  readonly whenStopped: string;
}

const cluster: RunbookParameter = {
  name: 'Cluster',
  description: 'Name of the cluster, as trivet status lists it',
  allowedPattern: '^[a-z][a-z0-9-]{0,18}[a-z0-9]$',
};
const slot: RunbookParameter = {
  name: 'Slot',
  description: 'Slot of the control plane: the letter of its zone',
  allowedValues: ['a', 'b', 'c', 'd', 'e', 'f'],
};
const worker: RunbookParameter = {
  name: 'InstanceId',
  description: 'The worker: the ID of its EC2 instance, which is also the name of its node',
  allowedPattern: '^i-[0-9a-f]{8,17}$',
};
const reason: RunbookParameter = {
  name: 'Reason',
  description: 'Why, for those who see it later: letters, digits, blanks and simple punctuation',
  allowedPattern: "^[A-Za-z0-9 .,:;()#/_'+-]{1,200}$",
};

export const runbooks: readonly Runbook[] = [
  {
    name: 'provision-cluster',
    title: 'Provision a cluster',
    description:
      'Makes a cluster as its spec says, or brings one that is there to what the spec says now. Changes nothing where everything is as it says. Never deletes anything, and refuses a change that would lose data.',
    parameters: [
      cluster,
      {
        name: 'SpecObject',
        description:
          "Where the spec is, as YAML or JSON: the key of an object below specs/ in the deployment's bucket, for example specs/demo.yaml; recorded: the spec that was provisioned last",
        allowedPattern: '^(recorded|specs/[A-Za-z0-9._-]{1,100})$',
        default: 'recorded',
      },
    ],
    approval: false,
    whenStopped: 'What was made stays and costs. Run it again with the same spec: it goes on where it was.',
  },
  {
    name: 'replace-slot',
    title: 'Put a slot of the control plane back',
    description:
      'Looks at one slot and brings it back to a healthy etcd member on the instance that its group has launched, or holds it and says why. Never removes a member whose data is there, and never starts etcd on a wrong disk.',
    parameters: [cluster, slot],
    approval: false,
    whenStopped: 'The slot stays as it is; the next sweep finds it and goes on within a minute.',
  },
  {
    name: 'replace-control-plane-node',
    title: 'Replace a control-plane node',
    description:
      'Gives one slot a fresh instance while the others keep quorum: moves leadership away, terminates the instance, and brings the same etcd member back on its disk. Refused, with the reason, while another slot is not healthy.',
    parameters: [
      cluster,
      slot,
      { ...reason, default: 'a person asked for it' },
      {
        name: 'AcceptDowntime',
        description:
          'true: do it also in a cluster of one slot, whose API and etcd are gone until the new instance is there; false: refuse that',
        allowedValues: ['false', 'true'],
        default: 'false',
      },
    ],
    approval: false,
    whenStopped:
      'The cluster is as safe as before: where its instance is gone already, the sweep lets the group launch again and brings the member back within minutes.',
  },
  {
    name: 'scale-pool',
    title: 'Give a pool another size',
    description:
      "Gives a pool as many workers as you say, over all its zones. More are launched and awaited; those that are too many are drained first, within their pods' disruption budgets. Never goes beyond the pool's min and max.",
    parameters: [
      cluster,
      {
        name: 'Pool',
        description: 'Pool of workers, by its name in the spec',
        allowedPattern: '^[a-z][a-z0-9-]{0,18}[a-z0-9]$',
      },
      {
        name: 'Size',
        description: "How many workers it is to have: from the pool's min to its max",
        allowedPattern: '^[0-9]{1,4}$',
      },
    ],
    approval: false,
    whenStopped:
      'What was asked for comes, and drains that have begun go on; run it again with another size to change that.',
  },
  {
    name: 'drain-worker',
    title: 'Drain a worker',
    description:
      'Moves the pods of one worker away within their disruption budgets, and then keeps it cordoned, replaces it, or removes it and makes its group smaller. Waits for budgets up to the deadline of the pool.',
    parameters: [
      cluster,
      worker,
      {
        name: 'Afterwards',
        description:
          'What becomes of the worker: keep (it stays, without pods), terminate (its group brings another) or terminate-and-shrink (its group gets one smaller)',
        allowedValues: ['keep', 'terminate', 'terminate-and-shrink'],
        default: 'keep',
      },
    ],
    approval: false,
    whenStopped:
      'The node stays cordoned and the pods that have moved stay where they are; kubectl uncordon takes it back.',
  },
  {
    name: 'repair-worker',
    title: 'Repair a worker',
    description:
      'Judges one worker by the rules of its pool, at once, and replaces it if it is dead, under the storm guard. A worker that is well stays: to replace one all the same, drain it with Afterwards = terminate.',
    parameters: [cluster, worker, { ...reason, default: 'a person asked for it' }],
    approval: false,
    whenStopped: 'A repair that has begun is taken up by the next sweep within a minute.',
  },
  {
    name: 'kick-slot',
    title: 'Kick a stuck slot',
    description:
      'Has the Auto Scaling group of one slot try its launch again at once, by suspending and resuming its process Launch. Terminates nothing, and does nothing where the slot has its instance.',
    parameters: [cluster, slot],
    approval: false,
    whenStopped: 'Should Launch be left suspended, the next sweep resumes it within a minute.',
  },
  {
    name: 'pause-automation',
    title: 'Pause the automation of a cluster',
    description:
      'From now on Trivet changes nothing of this cluster by itself: no slot and no worker is replaced, drained, repaired or scaled. It goes on looking, and says what it would do. Workflows that run already go on. Ends by itself.',
    parameters: [
      cluster,
      {
        name: 'Minutes',
        description: 'For how long, in minutes: at most a week (10080)',
        allowedPattern: '^([1-9][0-9]{0,3}|10080)$',
        default: '60',
      },
      reason,
    ],
    approval: false,
    whenStopped: 'It is one write: it has happened, or it has not. resume-automation ends the pause.',
  },
  {
    name: 'resume-automation',
    title: 'Resume the automation of a cluster',
    description: 'Ends a pause before its time. The next sweep does, within a minute, what has been waiting.',
    parameters: [cluster],
    approval: false,
    whenStopped: 'It is one write: it has happened, or it has not.',
  },
  {
    name: 'retire-cluster',
    title: 'Retire a cluster',
    description:
      'Takes a cluster away with everything that is its own: nodes, etcd with all its data, load balancer, network interfaces, volumes, roles, keys and records. Proves at the end that nothing is left. Never touches another cluster, and cannot be undone.',
    parameters: [
      cluster,
      {
        name: 'Confirm',
        description: "The cluster's name, typed again",
        allowedPattern: '^[a-z][a-z0-9-]{0,18}[a-z0-9]$',
      },
      {
        name: 'Volumes',
        description:
          "What becomes of etcd's volumes: delete, or keep (they stay in your account with the tag trivet:retired-cluster, and cost). A retirement that was begun with keep goes on with it",
        allowedValues: ['delete', 'keep'],
        default: 'delete',
      },
    ],
    approval: true,
    whenStopped:
      'What is gone stays gone, and nothing else works on the cluster any more. Run it again: it goes on with what is still there.',
  },
];

/** Says for people what failed, why, and what to do. Pure. */
import { readJson } from '../runtime/read-json.ts';

export interface Failure {
  readonly cluster: string;
  readonly workflow: string;
  readonly step: string;
  /** As a workflow's Catch gives it. */
  readonly error: { readonly Error: string | null; readonly Cause?: string | null | undefined };
}

const again = 'run it again: every step that is done is kept';

/** The way on, by error name. */
const waysOn: Readonly<Record<string, string>> = {
  SpecInvalid: 'correct the spec, and run it again',
  SpecRefused: 'change the spec as each line says, and run it again',
  ClusterRetiring: 'wait until retire-cluster has ended, or choose another name',
  RetirementRefused: 'type the cluster’s name again as the confirmation',
  RetirementIncomplete: 'look whose it is (the message names it), and run it again: what is gone stays gone',
  LeaseHeld: 'wait for the other execution to end, then run it again',
  LeaseLost: 'another execution has taken over; look at that one',
  ForeignResource: 'rename or remove the resource that is in the way, or choose another cluster name',
  ClusterUnknown: 'name a cluster and a pool that there are (trivet status)',
  ScalingRefused: 'ask for what the cause allows',
  ScalingUnfinished:
    'mend what the cause names (give the pool other zones or instance types in its spec, or move what holds a worker), and ask again',
  VolumeFailed:
    'see that the deployment’s key allows EBS to use it; for a slot that held data, run replace-etcd-member',
  SlotHeld: 'see the slot’s verdict in trivet status',
  ReplacementRefused:
    'nothing was ended; see first to what the cause names (trivet status), then run it again',
  WaitExhausted: `look at the slot’s console output and activities (trivet status), and ${again}`,
  EtcdUnhealthy: `look at etcd’s members (trivet status), and ${again}`,
  EtcdUnreachable: `see that the nodes run and the security groups let the tasks in, and ${again}`,
  KubernetesUnavailable: `see why no API server is ready (trivet status, the kube-apiserver unit’s journal), and ${again}`,
  KubernetesRefused: `the cause has the API’s own words: mend what it names, and ${again}`,
  KubernetesAbsent:
    'the nodes have no Kubernetes programs: fill the artifact lock (trivet artifacts lock) or use an image that has them, and run it again',
  AwsRefused: `remove what AWS names (a missing right or a quota, most often), and ${again}`,
  RunbookRefused: 'do what the message says, and run it again',
  ConfigInvalid: 'deploy the stacks again: a function lacks its environment',
  InputInvalid: 'this is a fault of Trivet: report it with the execution’s ARN',
  OutputInvalid: 'this is a fault of Trivet: report it with the execution’s ARN',
};

export function explainFailure({ cluster, workflow, step, error }: Failure): {
  name: string;
  message: string;
} {
  const inner = readStep(error.Cause);
  const cause = readCause(inner ? inner.cause : error.Cause);
  const of = cluster === '' ? workflow : `${workflow} of ${cluster}`;
  const name = error.Error ?? 'an unnamed error';
  return {
    name,
    message: `${of} failed at "${inner?.step ?? step}": ${name}: ${cause}. Way on: ${waysOn[name] ?? again}.`,
  };
}

/** A step inside a Map state carries its own name out with its cause. */
function readStep(cause: string | null | undefined): { step: string; cause: string } | undefined {
  const { step, cause: inner } = readFields(cause);
  return typeof step === 'string' && typeof inner === 'string' ? { step, cause: inner } : undefined;
}

/** Lambda gives the cause of a thrown error as JSON; everything else gives text. Pure. */
export function readCause(cause: string | null | undefined): string {
  if (!cause) return 'no cause was given';
  const { errorMessage } = readFields(cause);
  return typeof errorMessage === 'string' ? errorMessage : cause;
}

function readFields(text: string | null | undefined): Record<string, unknown> {
  const value = readJson(text ?? '');
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

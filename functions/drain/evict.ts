import { type KubernetesClient, KubernetesError } from '../kubernetes/client.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { BlockedPod } from './contracts.ts';
import type { DrainPlan } from './decide-drain.ts';
import type { DrainPod } from './judge-pod.ts';

export interface AskedToGo {
  readonly evicted: number;
  readonly deleted: number;
  readonly blocked: readonly BlockedPod[];
}

type Answer = 'going' | 'gone' | 'throttled' | BlockedPod;

/** As many requests at once to one cluster's API: a node has a hundred pods, and hundreds of nodes may be drained together. */
const atOnce = 8;

/**
 * Asks pods to go, in their order. Budgets that block are part of the answer. An API server that throttles ends the round early: the rest is
 * asked after the round's pause. Throws KubernetesError where the API cannot be asked.
 */
export async function askPodsToGo(
  client: KubernetesClient,
  { evictions, deletions }: Pick<DrainPlan, 'evictions' | 'deletions'>,
  signal: AbortSignal,
): Promise<AskedToGo> {
  const deleted = await inTurn(deletions, ({ pod, gracePeriodSeconds }) =>
    orAnswer(pod, async () => {
      const preconditions = { uid: pod.uid };
      return (await client.delete(pathOfPod(pod), { gracePeriodSeconds, preconditions }, signal))
        ? 'going'
        : 'gone';
    }),
  );
  const evicted = await inTurn(evictions, (pod) =>
    orAnswer(pod, async () => {
      await client.create(`${pathOfPod(pod)}/eviction`, evictionOf(pod), signal);
      return 'going';
    }),
  );
  const going = (answers: readonly Answer[]) => answers.filter((answer) => answer === 'going').length;
  return {
    evicted: going(evicted),
    deleted: going(deleted),
    blocked: [...deleted, ...evicted].filter((answer) => typeof answer === 'object'),
  };
}

const pathOfPod = ({ namespace, name }: DrainPod) =>
  pathOf({ apiVersion: 'v1', kind: 'Pod', namespace, name });

/** The UID: a pod of the same name that has come since is another one. */
function evictionOf({ namespace, name, uid }: DrainPod): object {
  return {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace, name },
    deleteOptions: { preconditions: { uid } },
  };
}

async function inTurn<T>(items: readonly T[], ask: (item: T) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let from = 0; from < items.length && !answers.includes('throttled'); from += atOnce)
    answers.push(...(await Promise.all(items.slice(from, from + atOnce).map(ask))));
  return answers;
}

async function orAnswer(pod: DrainPod, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    return answerOf(pod, error);
  }
}

/** What a failed eviction or deletion means. Pure. Throws the error where the API itself could not be asked. */
export function answerOf({ namespace, name }: DrainPod, error: KubernetesError): Answer {
  const pod = `${namespace}/${name}`;
  if (error.kind === 'not-found' || error.kind === 'conflict') return 'gone';
  const cause = error.told.details?.causes?.find(({ reason }) => reason === 'DisruptionBudget');
  if (cause) {
    const budget = /disruption budget (\S+)/.exec(cause.message ?? '')?.[1];
    const reason = cause.message ?? 'a disruption budget blocks it';
    return { pod, ...(budget !== undefined && { budget: `${namespace}/${budget}` }), reason };
  }
  if (error.kind === 'too-many-requests') return 'throttled';
  // More than one budget, or a webhook that refuses: it is this pod's, and the others go on.
  if (error.status > 0) return { pod, reason: error.message };
  throw error;
}

import { expect, test } from 'vitest';
import { patiently } from '../../../cli/start/patiently.ts';
import { KubernetesError } from '../../../functions/kubernetes/client.ts';
import type { KubernetesErrorKind } from '../../../functions/kubernetes/client-errors.ts';

const failure = (kind: KubernetesErrorKind) =>
  new KubernetesError(kind, `it is ${kind}`, { endpoint: 'https://127.0.0.1:6443', status: 0 });

/** Asks something that fails so often, each time in its way, and then answers. */
const ask = async (kinds: readonly KubernetesErrorKind[], seconds = 60) => {
  const left = [...kinds];
  const lines: string[] = [];
  const patience = {
    deadline: Date.now() + seconds * 1000,
    say: (line: string) => void lines.push(line),
    signal: new AbortController().signal,
    pauseMilliseconds: 1,
  };
  const answer = await patiently(async () => {
    const kind = left.shift();
    if (kind) throw failure(kind);
    return 'well';
  }, patience);
  return { answer, lines };
};

test('an API that cannot be asked for a moment is asked again, and that is said once', async () => {
  expect(await ask(['unreachable', 'timeout', 'unavailable'])).toEqual({
    answer: 'well',
    lines: ['  Kubernetes at https://127.0.0.1:6443: it is unreachable; asking again'],
  });
});

test('what a repeat does not mend is told at once', async () => {
  await expect(ask(['forbidden'])).rejects.toMatchObject({ name: 'KubernetesError', kind: 'forbidden' });
});

test('after its time nobody is asked any more', async () => {
  await expect(ask(['unreachable'], -1)).rejects.toMatchObject({
    name: 'CommandError',
    message: 'Kubernetes at https://127.0.0.1:6443: it is unreachable; there is no time left to ask again',
  });
});

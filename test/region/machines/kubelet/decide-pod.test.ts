import { describe, expect, test } from 'vitest';
import { decidePod, type Pod, requestsOf } from '../../../../region/machines/kubelet/decide-pod.ts';

const room = { cpu: 2, memory: 1_073_741_824, pods: 3 };
const pod = (cpu = '0', more: Partial<Pod> = {}, memory = '0'): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: { containers: [{ name: 'web', resources: { requests: { cpu, memory } } }] },
    ...more,
  }) as Pod;

describe('a pod that is bound to a node', () => {
  test.for<[string, Pod, Pod[], object]>([
    ['runs where it fits', pod('500m'), [pod('1500m')], { action: 'run' }],
    [
      'is rejected where the cores are taken',
      pod('501m'),
      [pod('1500m')],
      { action: 'reject', reason: 'OutOfcpu' },
    ],
    [
      'is rejected where the memory is',
      pod('0', {}, '1025Mi'),
      [],
      { action: 'reject', reason: 'OutOfmemory' },
    ],
    [
      'is rejected where there are enough',
      pod(),
      [pod(), pod(), pod()],
      { action: 'reject', reason: 'OutOfpods' },
    ],
    ['that asks for nothing runs on a full node', pod(), [pod('2')], { action: 'run' }],
    ['that runs is left alone', pod('1', { status: { phase: 'Running' } }), [], { action: 'none' }],
    [
      'that is to end is taken away',
      pod('1', { metadata: { name: 'web', deletionTimestamp: '2026-03-01T10:00:00Z' } as Pod['metadata'] }),
      [],
      { action: 'remove' },
    ],
  ])('%s', ([, given, others, wanted]) => {
    expect(decidePod(given, others, room)).toMatchObject(wanted);
  });

  test('asks for its containers together, or for its largest init container', () => {
    const of = (...cpus: string[]) =>
      cpus.map((cpu, index) => ({ name: `c${index}`, resources: { requests: { cpu } } }));
    const both = (containers: string[], initContainers: string[]) =>
      requestsOf(pod('0', { spec: { containers: of(...containers), initContainers: of(...initContainers) } }))
        .cpu;
    expect(both(['250m', '250m'], ['400m'])).toBe(0.5);
    expect(both(['250m', '250m'], ['1', '1'])).toBe(1);
  });
});

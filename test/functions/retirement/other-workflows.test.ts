import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { clusterOfInput, otherWorkflows } from '../../../functions/retirement/other-workflows.ts';

test('every workflow that changes clusters is waited for', () => {
  const all = readdirSync(new URL('../../../workflows', import.meta.url)).flatMap(
    (file) => /^(.+)\.asl\.json$/.exec(file)?.[1] ?? [],
  );
  const others = all.filter((name) => !['retire-cluster', 'run-runbook'].includes(name));
  expect([...otherWorkflows].sort()).toEqual(others.sort());
});

test.each([
  [{ cluster: 'demo', slot: 'a' }, 'demo'],
  [{ spec: { name: 'demo' } }, 'demo'],
  [{ spec: null }, undefined],
  [{}, undefined],
  ['demo', undefined],
  [null, undefined],
])('an execution of %j is of %s', (input, cluster) => {
  expect(clusterOfInput(input)).toBe(cluster);
});

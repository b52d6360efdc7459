import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { catalog } from '../../functions/catalog.ts';
import { root } from './support/synthesize.ts';

test('a task is named as its file, once', () => {
  for (const { name, entry } of catalog) expect(entry).toMatch(new RegExp(`^functions/[a-z]+/${name}\\.ts$`));
  expect(new Set(catalog.map(({ name }) => name)).size).toBe(catalog.length);
});

test('the catalogue imports nothing but its own parts, so that anything may import it', () => {
  const parts = readdirSync(join(root, 'functions')).filter((file) => file.startsWith('catalog'));
  const imports = parts.flatMap((part) =>
    [...readFileSync(join(root, 'functions', part), 'utf8').matchAll(/^import .* from '(.*)'/gm)].map(
      ([, from]) => from,
    ),
  );
  expect(imports.filter((from) => !from?.startsWith('./catalog-'))).toEqual([]);
});

test('only tasks that ask etcd or the Kubernetes API are attached to the VPC', () => {
  const attached = catalog.filter(({ network }) => network === 'vpc').map(({ name }) => name);
  expect(attached).toEqual([
    'judge-slot',
    'verify-etcd',
    'judge-replacement',
    'move-leader',
    'verify-kubernetes',
    'bootstrap-kubernetes',
    'apply-add-ons',
    'verify-add-ons',
    'judge-worker',
    'admit-worker',
    'approve-worker',
    'revoke-worker-token',
    'evict-pods',
    'uncordon-node',
    'watch-etcd',
    'watch-kubernetes',
    'watch-workers',
    'watch-demand',
  ]);
});

test('what runs each minute ends within the minute', () => {
  const limits = new Map(catalog.map(({ name, timeoutSeconds }) => [name, timeoutSeconds]));
  expect(limits.get('sweep')).toBe(50);
  expect(limits.get('watch-etcd')).toBe(50);
  expect(limits.get('watch-kubernetes')).toBe(50);
  expect(limits.get('watch-workers')).toBe(50);
  expect(limits.get('watch-demand')).toBe(58);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readGraph, visibleGraph } from '../../../cli/console/graph.ts';

const definition = JSON.stringify({
  StartAt: 'Look',
  States: {
    Look: {
      Type: 'Task',
      Comment: 'Why',
      Next: 'What now?',
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Record failure' }],
    },
    'What now?': {
      Type: 'Choice',
      Choices: [{ Next: 'Each slot' }, { Next: 'Look' }, { Next: 'Look' }],
      Default: 'Done',
    },
    'Each slot': {
      Type: 'Map',
      ItemProcessor: {
        StartAt: 'Make',
        States: {
          Make: { Type: 'Task', Next: 'Made', Catch: [{ Next: 'Making failed' }] },
          Made: { Type: 'Pass', End: true },
          'Making failed': { Type: 'Fail' },
        },
      },
      Next: 'Done',
      Catch: [{ Next: 'Record failure' }],
    },
    Done: { Type: 'Succeed' },
    'Record failure': { Type: 'Task', Next: 'Failed' },
    Failed: { Type: 'Fail' },
  },
});

describe('a workflow as a graph', () => {
  test('has every state, those inside a Map with it as parent, and each way once', () => {
    const graph = readGraph(definition);
    expect(graph.start).toBe('Look');
    expect(graph.nodes[0]).toEqual({ name: 'Look', type: 'Task', comment: 'Why' });
    expect(graph.nodes.filter(({ parent }) => parent === 'Each slot').map(({ name }) => name)).toEqual([
      'Make',
      'Made',
      'Making failed',
    ]);
    expect(graph.edges).toEqual([
      { from: 'Look', to: 'What now?', kind: 'next' },
      { from: 'Look', to: 'Record failure', kind: 'catch' },
      { from: 'What now?', to: 'Each slot', kind: 'next' },
      { from: 'What now?', to: 'Look', kind: 'next' },
      { from: 'What now?', to: 'Done', kind: 'next' },
      { from: 'Each slot', to: 'Done', kind: 'next' },
      { from: 'Each slot', to: 'Record failure', kind: 'catch' },
      { from: 'Make', to: 'Made', kind: 'next' },
      { from: 'Make', to: 'Making failed', kind: 'catch' },
      { from: 'Record failure', to: 'Failed', kind: 'next' },
    ]);
  });

  test('shows what only a failure reaches once a failure has reached it', () => {
    const graph = readGraph(definition);
    const well = visibleGraph(graph, (state) => ['Look', 'What now?'].includes(state));
    expect(well.nodes.map(({ name }) => name)).toEqual([
      'Look',
      'What now?',
      'Each slot',
      'Make',
      'Made',
      'Done',
    ]);
    expect(well.edges.every(({ kind }) => kind === 'next')).toBe(true);
    const failed = visibleGraph(graph, (state) => ['Look', 'Record failure', 'Failed'].includes(state));
    expect(failed.nodes.map(({ name }) => name)).toContain('Record failure');
    expect(failed.edges.filter(({ kind }) => kind === 'catch')).toEqual([
      { from: 'Look', to: 'Record failure', kind: 'catch' },
    ]);
  });

  test.each(['provision-cluster', 'replace-etcd-member', 'drain-worker', 'scale-workers'])(
    'every way of %s leads to a state that is there, and every state is reached',
    (workflow) => {
      const file = join(import.meta.dirname, '..', '..', '..', 'workflows', `${workflow}.asl.json`);
      const graph = readGraph(readFileSync(file, 'utf8'));
      const names = new Set(graph.nodes.map(({ name }) => name));
      expect(names.size).toBe(graph.nodes.length);
      expect(graph.edges.filter(({ to }) => !names.has(to))).toEqual([]);
      const all = visibleGraph(graph, () => true);
      expect(all.nodes).toHaveLength(graph.nodes.length);
      const ordinary = visibleGraph(graph, () => false).nodes.map(({ name }) => name);
      expect(ordinary).not.toContain('Record failure');
      expect(ordinary.length).toBeGreaterThan(5);
    },
  );
});

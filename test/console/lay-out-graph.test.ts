import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readGraph, visibleGraph } from '../../cli/console/graph.ts';
import { layOutGraph, type PlacedNode } from '../../console/page/lay-out-graph.ts';

const workflows = [
  'provision-cluster',
  'replace-etcd-member',
  'join-worker',
  'drain-worker',
  'scale-workers',
];
const graphOf = (workflow: string) =>
  readGraph(readFileSync(join(import.meta.dirname, '..', '..', 'workflows', `${workflow}.asl.json`), 'utf8'));

const within = (inner: PlacedNode, outer: PlacedNode) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;
const overlap = (one: PlacedNode, other: PlacedNode) =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

describe.each(workflows)('the drawing of %s', (workflow) => {
  const graph = visibleGraph(graphOf(workflow), () => true);
  const { edges, height, nodes, width } = layOutGraph(graph);

  test('has every state, within its bounds', () => {
    expect(nodes.map(({ node }) => node.name).sort()).toEqual(graph.nodes.map(({ name }) => name).sort());
    const sheet = { x: 0, y: 0, width, height, holds: true, node: { name: '', type: '' } };
    expect(nodes.filter((node) => !within(node, sheet))).toEqual([]);
  });

  test('has what a Map or Parallel holds inside it, and nothing else over anything', () => {
    const placed = new Map(nodes.map((node) => [node.node.name, node]));
    const astray = nodes.filter(({ node }) => {
      const parent = node.parent === undefined ? undefined : placed.get(node.parent);
      const self = placed.get(node.name);
      return parent !== undefined && self !== undefined && !within(self, parent);
    });
    expect(astray).toEqual([]);
    const siblings = nodes.flatMap((one, index) =>
      nodes
        .slice(index + 1)
        .filter((other) => other.node.parent === one.node.parent && overlap(one, other))
        .map((other) => `${one.node.name} over ${other.node.name}`),
    );
    expect(siblings).toEqual([]);
  });

  test('has each way once, from state to state', () => {
    expect(edges).toHaveLength(graph.edges.length);
    expect(edges.filter(({ points }) => points.length < 2)).toEqual([]);
  });
});

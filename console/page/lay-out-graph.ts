import { Graph as Dagre, layout } from '@dagrejs/dagre';
import type { Graph, GraphNode } from '../../cli/console/graph-contracts.ts';

/** A state where it is drawn, by its upper left corner. */
export interface PlacedNode {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** It holds others: a Map or a Parallel. */
  readonly holds: boolean;
}

export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'next' | 'catch';
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A drawing of its size, from the origin. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

const nodeHeight = 26;
/** The type's width at its size, and what stands before and after the name. */
const letterWidth = 6.6;
const namePadding = 30;
/** Around what a state holds, and above it for its own name. */
const padding = 12;
const titleHeight = 24;

/** Places a workflow's states from top to bottom. What a Map or Parallel holds is laid out by itself and placed as one. Pure. */
export function layOutGraph(graph: Graph): Drawing {
  return layOutWithin(graph, undefined);
}

function layOutWithin(graph: Graph, parent: string | undefined): Drawing {
  const nodes = graph.nodes.filter((node) => node.parent === parent);
  const names = new Set(nodes.map(({ name }) => name));
  const edges = graph.edges.filter(({ from, to }) => names.has(from) && names.has(to));
  const inner = new Map<string, Drawing>();
  const dagre = new Dagre({ multigraph: true });
  dagre.setGraph({ rankdir: 'TB', nodesep: 14, ranksep: 22, marginx: 4, marginy: 4 });
  for (const { name } of nodes) {
    const held = graph.nodes.some((node) => node.parent === name) ? layOutWithin(graph, name) : undefined;
    if (held) inner.set(name, held);
    dagre.setNode(name, sizeOf(name, held));
  }
  for (const { from, kind, to } of edges) dagre.setEdge(from, to, {}, kind);
  layout(dagre);
  const placed = nodes.flatMap((node) => place(node, dagre.node(node.name), inner.get(node.name)));
  const { height = 0, width = 0 } = dagre.graph();
  return {
    width,
    height,
    nodes: placed.flatMap((one) => one.nodes),
    edges: [
      ...edges.map(({ from, kind, to }) => ({
        from,
        kind,
        to,
        points: dagre.edge(from, to, kind).points ?? [],
      })),
      ...placed.flatMap((one) => one.edges),
    ],
  };
}

function sizeOf(name: string, held: Drawing | undefined): { width: number; height: number } {
  const width = Math.round(name.length * letterWidth) + namePadding;
  if (!held) return { width, height: nodeHeight };
  return {
    width: Math.max(width, held.width + 2 * padding),
    height: held.height + titleHeight + padding,
  };
}

interface Centred {
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
}

/** A state and what it holds, moved to where it is. */
function place(
  node: GraphNode,
  { height, width, x: centreX = 0, y: centreY = 0 }: Centred,
  held: Drawing | undefined,
): Pick<Drawing, 'nodes' | 'edges'> {
  const x = centreX - width / 2;
  const y = centreY - height / 2;
  const own = { node, x, y, width, height, holds: held !== undefined };
  if (!held) return { nodes: [own], edges: [] };
  const [right, down] = [x + (width - held.width) / 2, y + titleHeight];
  return {
    nodes: [own, ...held.nodes.map((one) => ({ ...one, x: one.x + right, y: one.y + down }))],
    edges: held.edges.map((edge) => ({
      ...edge,
      points: edge.points.map((point) => ({ x: point.x + right, y: point.y + down })),
    })),
  };
}

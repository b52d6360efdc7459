import type { Graph, GraphEdge, GraphNode } from './graph-contracts.ts';

interface Machine {
  readonly StartAt?: string;
  readonly States?: Readonly<Record<string, State>>;
}

/** The part of a state that tells where it leads. */
interface State {
  readonly Type?: string;
  readonly Comment?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next?: string }[];
  readonly Catch?: readonly { readonly Next?: string }[];
  readonly ItemProcessor?: Machine;
  readonly Branches?: readonly Machine[];
}

/** A definition in Amazon States Language as a graph. Pure. Throws SyntaxError for what is no JSON. */
export function readGraph(definition: string): Graph {
  const machine = JSON.parse(definition) as Machine;
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  const read = ({ States = {} }: Machine, parent: string | undefined): void => {
    for (const [name, state] of Object.entries(States)) {
      nodes.push({
        name,
        type: state.Type ?? '',
        ...(state.Comment !== undefined && { comment: state.Comment }),
        ...(parent !== undefined && { parent }),
      });
      edges.push(...edgesOf(name, state));
      for (const inner of innerOf(state)) read(inner, name);
    }
  };
  read(machine, undefined);
  return { start: machine.StartAt ?? '', nodes, edges: withFailures(edges) };
}

/** Where most failures are caught is where failures are handled: whoever goes there by its own choice has failed as well. */
function withFailures(edges: readonly GraphEdge[]): GraphEdge[] {
  const catches = new Map<string, number>();
  for (const { kind, to } of edges) if (kind === 'catch') catches.set(to, (catches.get(to) ?? 0) + 1);
  const most = Math.max(...catches.values());
  if (most < catchesMin) return [...edges];
  return edges.map((edge) => (catches.get(edge.to) === most ? { ...edge, kind: 'catch' } : edge));
}

/** Fewer than these are ways around something, not a place for failures. */
const catchesMin = 3;

function innerOf({ Branches = [], ItemProcessor }: State): readonly Machine[] {
  return ItemProcessor ? [ItemProcessor] : Branches;
}

function edgesOf(from: string, { Catch = [], Choices = [], Default, Next }: State): GraphEdge[] {
  const next = [Next, ...Choices.map((choice) => choice.Next), Default];
  const to = (kind: GraphEdge['kind'], names: readonly (string | undefined)[]): GraphEdge[] =>
    [...new Set(names)].flatMap((name) => (name === undefined ? [] : [{ from, to: name, kind }]));
  const plain = to('next', next);
  const caught = to(
    'catch',
    Catch.map((one) => one.Next),
  );
  return [...plain, ...caught.filter((edge) => !next.includes(edge.to))];
}

/**
 * What of a graph is worth a look: states that only a failure reaches, and the ways to them, are left out until one of them was entered.
 * Otherwise every state would be tied to the one that records failures. Pure.
 */
export function visibleGraph(graph: Graph, wasEntered: (state: string) => boolean): Graph {
  const nodes = graph.nodes.filter(({ name }) => ordinary(graph).has(name) || wasEntered(name));
  const shown = new Set(nodes.map(({ name }) => name));
  const edges = graph.edges.filter(
    ({ from, kind, to }) =>
      shown.has(from) &&
      shown.has(to) &&
      // The way of a failure is drawn from the states that were entered: it was one of them.
      (kind === 'next' || (wasEntered(from) && wasEntered(to) && !ordinary(graph).has(to))),
  );
  return { start: graph.start, nodes, edges };
}

const ordinaryOf = new WeakMap<Graph, ReadonlySet<string>>();

/** States that can be reached without a failure; those inside a state count with it. */
function ordinary(graph: Graph): ReadonlySet<string> {
  const known = ordinaryOf.get(graph);
  if (known) return known;
  const next = graph.edges.filter(({ kind }) => kind === 'next');
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const { from, to } of next) if (from === name) visit(to);
    const inside = graph.nodes.filter(({ parent }) => parent === name);
    // A Map or Parallel begins with what nothing inside it leads to by any way.
    for (const inner of inside) if (!graph.edges.some(({ to }) => to === inner.name)) visit(inner.name);
  };
  visit(graph.start);
  ordinaryOf.set(graph, reached);
  return reached;
}

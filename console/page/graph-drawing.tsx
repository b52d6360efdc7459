import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { ExecutionDetail } from '../../cli/console/contracts.ts';
import type { StateProgress } from '../../cli/console/graph-contracts.ts';
import { layOutGraph, type PlacedEdge, type PlacedNode } from './lay-out-graph.ts';

/** A workflow as it is defined, with the state that it is in lit. The history beside it says the same in words. */
export function GraphDrawing({ detail }: { readonly detail: ExecutionDetail }) {
  const { graph, progress, status, workflow } = detail;
  const box = useRef<HTMLDivElement>(null);
  const shape = [...graph.nodes.map(({ name }) => name), graph.edges.length].join('\n');
  const drawing = useMemo(() => layOutGraph(graph), [workflow, shape]);
  const current = graph.nodes
    .filter(({ name }) => progress[name]?.state === 'current')
    .map(({ name }) => name);
  const innermost = drawing.nodes.filter(({ holds, node }) => !holds && current.includes(node.name));
  const lit = innermost[0] ?? lastOf(drawing.nodes, progress);
  useEffect(() => {
    if (!lit || !box.current) return;
    const { clientHeight, clientWidth } = box.current;
    box.current.scrollTo({
      top: lit.y + lit.height / 2 - clientHeight / 2,
      left: lit.x + lit.width / 2 - clientWidth / 2,
    });
  }, [lit?.node.name, lit?.x, lit?.y]);
  const where = current.length > 0 ? `it is in ${current.join(', ')}` : `it ended: ${status.toLowerCase()}`;
  return (
    <div class="graph" ref={box}>
      <svg
        role="img"
        aria-label={`The workflow ${workflow} as a graph; ${where}.`}
        width={drawing.width}
        height={drawing.height}
        viewBox={`0 0 ${drawing.width} ${drawing.height}`}
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 .8 7 4 0 7.2Z" />
          </marker>
        </defs>
        {drawing.nodes
          .filter(({ holds }) => holds)
          .map((placed) => (
            <StateBox key={placed.node.name} placed={placed} progress={progress[placed.node.name]} />
          ))}
        {drawing.edges.map((edge) => (
          <path
            key={`${edge.from}→${edge.to}`}
            class="edge"
            data-kind={edge.kind}
            data-taken={progress[edge.from] !== undefined && progress[edge.to] !== undefined}
            d={pathOf(edge)}
            marker-end="url(#arrow)"
          />
        ))}
        {drawing.nodes
          .filter(({ holds }) => !holds)
          .map((placed) => (
            <StateBox key={placed.node.name} placed={placed} progress={progress[placed.node.name]} />
          ))}
      </svg>
    </div>
  );
}

/** Where an execution has ended: what it entered last. */
function lastOf(
  nodes: readonly PlacedNode[],
  progress: Readonly<Record<string, StateProgress>>,
): PlacedNode | undefined {
  const entered = Object.keys(progress);
  return nodes.find(({ node }) => node.name === entered.at(-1));
}

const signs = { current: '▸ ', done: '✓ ', failed: '✗ ' } as const;

function StateBox({
  placed: { height, holds, node, width, x, y },
  progress,
}: {
  readonly placed: PlacedNode;
  readonly progress: StateProgress | undefined;
}) {
  const round = node.type === 'Choice' || node.type === 'Wait' ? height / 2 : 5;
  const sign = progress ? signs[progress.state] : '';
  const entered = progress && progress.entered > 1 ? ` (entered ${progress.entered} times)` : '';
  return (
    <g
      class="state"
      data-type={node.type}
      data-holds={holds}
      data-progress={progress?.state ?? 'none'}
      transform={`translate(${x} ${y})`}
    >
      <title>{`${node.name}: ${node.type}${entered}. ${node.comment ?? ''}`}</title>
      <rect width={width} height={height} rx={holds ? 8 : round} />
      <text x={holds ? 12 : width / 2} y={holds ? 16 : height / 2} text-anchor={holds ? 'start' : 'middle'}>
        {sign}
        {node.name}
      </text>
    </g>
  );
}

/** A line through all points whose corners are rounded. */
function pathOf({ points }: PlacedEdge): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (!first || !last) return '';
  const bends = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x} ${point.y} ${end.x} ${end.y}`;
  });
  return `M${first.x} ${first.y}${bends.length > 0 ? bends.join('') : `L${last.x} ${last.y}`}`;
}

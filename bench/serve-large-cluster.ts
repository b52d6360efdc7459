/** A process of its own: the API of a large cluster over HTTPS, page by page. Prints its port. Ends with its parent. */
import { createServer } from 'node:https';
import { createLargeCluster } from './large-cluster.ts';

const { counts, node, pending, placed } = createLargeCluster();
const budgets = Array.from({ length: 500 }, (_, index) => ({
  metadata: { name: `app-${index}`, namespace: `team-${index % 50}` },
  spec: { selector: { matchLabels: { app: `app-${index}` } } },
  status: { disruptionsAllowed: index % 3 },
}));
const lists: readonly (readonly [path: RegExp, count: number, at: (index: number) => unknown])[] = [
  [/^\/api\/v1\/nodes\?/, counts.nodes, node],
  [/^\/api\/v1\/pods\?.*nodeName%21%3D/, counts.placed, placed],
  [/^\/api\/v1\/pods\?.*nodeName%3D/, counts.pending, pending],
  [/poddisruptionbudgets/, budgets.length, (index) => budgets[index]],
];
const server = createServer(
  { cert: process.env.BENCH_CERT, key: process.env.BENCH_KEY },
  (incoming, outgoing) => {
    const url = incoming.url ?? '';
    const [, count, at] = lists.find(([path]) => path.test(url)) ?? [/./, 0, () => undefined];
    const query = new URL(url, 'https://localhost').searchParams;
    const from = Number(query.get('continue') ?? 0);
    const to = Math.min(count, from + Number(query.get('limit') ?? count));
    const items = Array.from({ length: to - from }, (_, index) => at(from + index));
    const metadata = { ...(to < count && { continue: String(to) }) };
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(JSON.stringify({ metadata, items }));
  },
);
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit(0));

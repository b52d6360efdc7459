import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBinaries } from '../../../../region/binaries.ts';
import { eventually } from '../../../support/eventually.ts';
import { createTestCluster, type Identity, type TestCluster } from './cluster.ts';
import { accessSteps } from './conformance-access.ts';
import { nodeSteps } from './conformance-nodes.ts';
import { objectSteps } from './conformance-objects.ts';
import { own, type Step } from './conformance-step.ts';

const { etcd, kubernetes } = findBinaries();
const missing = kubernetes && etcd.length > 0 ? undefined : 'the binaries are not built (npm run binaries)';
if (missing)
  console.warn(`the conformance of the API stand-in is not compared with kube-apiserver: ${missing}`);

const types = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
};

const steps = [...objectSteps, ...nodeSteps, ...accessSteps];

/** What stands at a path; null where nothing does. */
const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | null)?.[name] ?? null, value);

/** One script, two API servers, one set of expectations: what keeps the stand-in honest. */
describe.each([
  { sort: 'the stand-in', network: 84, skip: undefined },
  { sort: 'kube-apiserver', network: 85, skip: missing },
])('$sort answers a script of calls:', ({ network, skip, sort }) => {
  let cluster: TestCluster;
  let identities: Readonly<Record<string, Identity>>;
  let request: string;

  beforeAll(async () => {
    if (skip) return;
    cluster = await createTestCluster(network, ['a']);
    cluster.startEtcd('a');
    if (sort === 'kube-apiserver' && kubernetes) await cluster.startReal('a', kubernetes);
    else await cluster.startStandIn('a');
    await eventually(async () => (await cluster.ask('a', { path: '/readyz' })).status === 200, {
      timeoutMs: 20_000,
    });
    identities = {
      node: await cluster.node(own),
      nobody: {},
      token: { token: 'abcdef.0123456789abcdef' },
      'wrong-token': { token: 'abcdef.0123456789abcdee' },
    };
    const asking = `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -subj /O=system:nodes/CN=system:node:${own}`;
    const made = execFileSync('bash', ['-c', asking], {
      cwd: cluster.folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    request = made.toString('base64');
  });
  afterAll(() => cluster?.stop());

  test.skipIf(skip).for(steps)('$what', async (step: Step) => {
    const [method = '', ...path] = step.call.split(' ');
    const body = step.body && JSON.parse(JSON.stringify(step.body).replace('"CSR"', JSON.stringify(request)));
    const told = await cluster.ask('a', {
      method,
      path: encodeURI(path.join(' ')),
      as: identities[step.as ?? ''] ?? cluster.administrator,
      ...(body !== undefined && { body }),
      ...(step.type && { type: types[step.type] }),
    });
    const fields = Object.keys(step.fields ?? {}).map((field) => [field, at(told.body, field)]);
    expect({ status: told.status, fields: Object.fromEntries(fields) }, told.text).toEqual({
      status: step.status,
      fields: step.fields ?? {},
    });
  });
});

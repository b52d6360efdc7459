import type { SlotNodeInput } from '../render.ts';
import type { WorkerNodeInput } from '../worker/render.ts';
import type { Check } from './check.ts';
import { controlPlaneSections } from './control-plane.ts';
import { nodeSections, workerSections } from './node.ts';
import { type RenderedNode, readRenderedNode, readRenderedWorker } from './rendered-node.ts';

export type Verdict = 'pass' | 'fail' | 'not judged';

/** All sections of the benchmark that are about nodes and their components, in its order. */
export const sections = [...controlPlaneSections, ...nodeSections];

export function verdictOf(check: Check, node: RenderedNode): Verdict {
  if (!check.passes) return 'not judged';
  return check.passes(node) ? 'pass' : 'fail';
}

/** A slot like every other: no check depends on what differs between clusters. */
export const exampleInput: SlotNodeInput = {
  deployment: 'trivet',
  cluster: 'demo',
  slot: 'a',
  region: 'us-east-1',
  bucket: 'trivet-123456789012-us-east-1',
  address: '10.0.0.10',
  memberName: 'demo-a',
  etcdVersion: '3.6.14',
  clusterToken: 'demo-1',
  kubernetes: {
    version: '1.35.4',
    endpointHost: 'trivet-demo.elb.us-east-1.amazonaws.com',
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/16',
    serviceAccountIssuer: 'https://trivet-123456789012-us-east-1-issuers.s3.us-east-1.amazonaws.com/demo-0',
    apiServers: 3,
  },
};

/** A worker like every other. */
export const exampleWorker: WorkerNodeInput = {
  deployment: exampleInput.deployment,
  cluster: exampleInput.cluster,
  pool: 'general',
  region: exampleInput.region,
  bucket: exampleInput.bucket,
  roleId: 'AROAEXAMPLE',
  kubernetesVersion: '1.35.4',
  serviceCidr: '10.96.0.0/16',
  labels: {},
  taints: [],
};

interface Judged {
  readonly node: RenderedNode;
  readonly sections: readonly { readonly title: string; readonly checks: readonly Check[] }[];
}

/** docs/conformance.md: every check with its verdict, each that does not pass with its reason. Pure. */
export function renderConformancePage(): string {
  const controlPlane = { node: readRenderedNode(exampleInput), sections };
  const worker = { node: readRenderedWorker(exampleWorker), sections: workerSections };
  const lines = [
    '# Conformance',
    '',
    'The rendered files of a control-plane node against the CIS Kubernetes Benchmark 1.12, sections 1 to 4, and those of a worker against',
    'section 4. Written by `npm run conformance` from `node/conformance/`, whose checks read the files that a node gets and nothing else; a',
    'test holds this page to them. Numbers are the benchmark’s, words are Trivet’s. Add-ons and workloads have manifests of their own and',
    'are outside of it.',
    '',
    '| | checks | pass | fail | not judged |',
    '|---|---|---|---|---|',
    ...renderSummary('control-plane node', controlPlane),
    ...renderSummary('worker', worker),
    '',
    '*fail* is a deviation that stays, with its reason. *not judged* is what files cannot tell, with what does.',
    '',
    ...renderSections(controlPlane),
    ...renderSections(worker),
  ];
  return lines.join('\n');
}

function renderSummary(what: string, { node, sections: judged }: Judged): string[] {
  const checks = judged.flatMap((section) => section.checks);
  const summary = (which: readonly Check[]): string => {
    const count = (verdict: Verdict) => which.filter((check) => verdictOf(check, node) === verdict).length;
    return `${which.length} | ${count('pass')} | ${count('fail')} | ${count('not judged')}`;
  };
  return [
    `| ${what}: automated by the benchmark | ${summary(checks.filter((check) => check.automated))} |`,
    `| ${what}: left to people by the benchmark | ${summary(checks.filter((check) => !check.automated))} |`,
  ];
}

function renderSections({ node, sections: judged }: Judged): string[] {
  return judged.flatMap(({ title, checks: of }) => [
    `## ${title}`,
    '',
    '| id | what is wanted | verdict | reason |',
    '|---|---|---|---|',
    ...of.map((check) => {
      const verdict = verdictOf(check, node);
      const shown = verdict === 'pass' ? 'pass' : `**${verdict}**`;
      return `| ${check.id} | ${check.what} | ${shown} | ${verdict === 'pass' ? '' : (check.reason ?? '')} |`;
    }),
    '',
  ]);
}

/** One call of the script, and what an API server answers: its status, and fields by their paths; `null` for one that is not there. */
export interface Step {
  readonly what: string;
  /** `admin` where it is left out. */
  readonly as?: 'node' | 'token' | 'wrong-token' | 'nobody';
  /** Method and path. */
  readonly call: string;
  readonly body?: object;
  readonly type?: 'merge' | 'strategic' | 'json' | 'apply';
  readonly status: number;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export const shop = '/api/v1/namespaces/shop';
export const apps = '/apis/apps/v1/namespaces/shop';
export const policy = '/apis/policy/v1/namespaces/shop';
export const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
export const nodeLeases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
export const own = 'i-0000000000000aaaa';
export const other = 'i-0000000000000bbbb';

const container = { name: 'pause', image: 'registry.k8s.io/pause:3.10.1' };
export const pod = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'web' } },
  spec: { containers: [container], ...more },
});
export const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
  },
};
export const ready = (status: string) => ({
  type: 'Ready',
  status,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
export const running = { status: { phase: 'Running', conditions: [ready('True')] } };
export const eviction = (name: string) => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name, namespace: 'shop' },
});
export const applied = (color: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'applied', labels: { color } },
  data: { color, ...more },
});

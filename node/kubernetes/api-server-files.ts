import { stringify } from 'yaml';
import { apiServerFolder } from './paths.ts';

/** Paths that may be asked without a certificate: the load balancer's and the kubelet's health checks cannot bring one. */
const anonymousPaths = ['/livez', '/readyz', '/healthz'];

/** AuthenticationConfiguration: anonymous for health alone (issue 3; CIS 1.2.1). Stable since Kubernetes 1.34. */
export function renderAuthenticationConfiguration(): string {
  return stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    anonymous: { enabled: true, conditions: anonymousPaths.map((path) => ({ path })) },
  });
}

/** AdmissionConfiguration: names the one plugin that has a file. */
export function renderAdmissionConfiguration(): string {
  return stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AdmissionConfiguration',
    plugins: [{ name: 'EventRateLimit', path: `${apiServerFolder}/event-rate-limit.yaml` }],
  });
}

/**
 * Limits on writing events, far above what healthy clusters write: a pod that fails in a circle cannot fill etcd. Per namespace, since
 * the kubelets' and controllers' users each write for many.
 */
export function renderEventRateLimit(): string {
  return stringify({
    apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1',
    kind: 'Configuration',
    limits: [
      { type: 'Server', qps: 500, burst: 5000 },
      { type: 'Namespace', qps: 50, burst: 500, cacheSize: 4096 },
    ],
  });
}

const core = (...resources: string[]) => ({ group: '', resources });

/** Identities that only watch and renew: thousands of times a minute, and nothing that anybody looks for afterwards. */
const machinery = [
  { level: 'None', nonResourceURLs: ['/livez*', '/readyz*', '/healthz*', '/version', '/metrics'] },
  {
    level: 'None',
    verbs: ['get', 'update', 'patch'],
    resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }],
  },
  {
    level: 'None',
    users: ['system:kube-controller-manager', 'system:kube-scheduler', 'system:apiserver'],
    verbs: ['get', 'list', 'watch'],
  },
  { level: 'None', userGroups: ['system:nodes'], verbs: ['get', 'list', 'watch'] },
  { level: 'None', users: ['system:kube-proxy'], verbs: ['watch'] },
  { level: 'None', resources: [core('events'), { group: 'events.k8s.io', resources: ['events'] }] },
];

/**
 * The audit policy: who did what to which object, without contents of secrets; contents where somebody gets more rights, runs code in
 * another's pod, or changes what is admitted (CIS 3.2.1, 3.2.2).
 */
export function renderAuditPolicy(): string {
  return stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    omitManagedFields: true,
    rules: [
      ...machinery,
      // Never more than metadata: request and answer are the secret itself.
      {
        level: 'Metadata',
        resources: [
          core('secrets', 'configmaps', 'serviceaccounts/token'),
          { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
        ],
      },
      {
        level: 'Metadata',
        resources: [
          core('pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy'),
        ],
      },
      {
        level: 'RequestResponse',
        verbs: [
          'create',
          'update',
          'patch',
          'delete',
          'deletecollection',
          'escalate',
          'bind',
          'approve',
          'sign',
        ],
        resources: [
          { group: 'rbac.authorization.k8s.io' },
          { group: 'certificates.k8s.io' },
          { group: 'admissionregistration.k8s.io' },
        ],
      },
      { level: 'Request', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
      { level: 'Metadata' },
    ],
  });
}

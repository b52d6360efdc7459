import { requests, type Step, shop } from './conformance-step.ts';

/**
 * What holds back what is deleted, a bootstrap token and its certificate, and the end of a namespace. The expectations were read off kube-apiserver 1.35, which the same test runs against where it is built; the stand-in has to answer
 * the same.
 */
export const accessSteps: readonly Step[] = [
  {
    what: 'a finalizer',
    call: `POST ${shop}/configmaps`,
    body: { metadata: { name: 'held', finalizers: ['trivet.dev/test'] } },
    status: 201,
  },
  {
    what: 'holds what is deleted',
    call: `DELETE ${shop}/configmaps/held`,
    status: 200,
    fields: {
      kind: 'ConfigMap',
      'metadata.finalizers': ['trivet.dev/test'],
      'metadata.deletionGracePeriodSeconds': 0,
    },
  },
  {
    what: 'until it is taken away',
    call: `PATCH ${shop}/configmaps/held`,
    type: 'merge',
    body: { metadata: { finalizers: null } },
    status: 200,
    fields: { 'metadata.finalizers': null },
  },
  { what: 'then it goes', call: `GET ${shop}/configmaps/held`, status: 404 },
  {
    what: 'the token’s binding',
    call: 'POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    body: {
      metadata: { name: 'trivet:workers' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'system:node-bootstrapper',
      },
      subjects: [
        { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:bootstrappers:trivet:workers' },
      ],
    },
    status: 201,
    fields: { 'roleRef.name': 'system:node-bootstrapper' },
  },
  {
    what: 'the token',
    call: 'POST /api/v1/namespaces/kube-system/secrets',
    body: {
      metadata: { name: 'bootstrap-token-abcdef' },
      type: 'bootstrap.kubernetes.io/token',
      stringData: {
        'token-id': 'abcdef',
        'token-secret': '0123456789abcdef',
        'usage-bootstrap-authentication': 'true',
        'auth-extra-groups': 'system:bootstrappers:trivet:workers',
      },
    },
    status: 201,
    fields: { type: 'bootstrap.kubernetes.io/token' },
  },
  {
    what: 'its bearer asks for a certificate',
    as: 'token',
    call: `POST ${requests}`,
    body: {
      metadata: { name: 'join' },
      spec: {
        request: 'CSR',
        signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
        usages: ['digital signature', 'client auth'],
      },
    },
    status: 201,
    fields: {
      'spec.username': 'system:bootstrap:abcdef',
      'spec.groups': ['system:bootstrappers', 'system:bootstrappers:trivet:workers', 'system:authenticated'],
      'spec.signerName': 'kubernetes.io/kube-apiserver-client-kubelet',
    },
  },
  {
    what: 'may look whether it is there',
    as: 'token',
    call: `GET ${requests}/join`,
    status: 200,
    fields: { 'metadata.name': 'join' },
  },
  {
    what: 'and nothing more',
    as: 'token',
    call: 'GET /api/v1/nodes',
    status: 403,
    fields: {
      reason: 'Forbidden',
      message:
        'nodes is forbidden: User "system:bootstrap:abcdef" cannot list resource "nodes" in API group "" at the cluster scope',
    },
  },
  {
    what: 'nor approve it',
    as: 'token',
    call: `PATCH ${requests}/join/approval`,
    type: 'merge',
    body: { status: { conditions: [{ type: 'Approved', status: 'True' }] } },
    status: 403,
    fields: { reason: 'Forbidden' },
  },
  {
    what: 'requests by signer',
    call: `GET ${requests}?fieldSelector=spec.signerName=kubernetes.io/kube-apiserver-client-kubelet`,
    status: 200,
    fields: { 'items.0.metadata.name': 'join' },
  },
  {
    what: 'approved',
    call: `PATCH ${requests}/join/approval`,
    type: 'merge',
    body: { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Trivet', message: 'x' }] } },
    status: 200,
    fields: { 'status.conditions.0.type': 'Approved', 'status.conditions.0.status': 'True' },
  },
  {
    what: 'the token is over',
    call: 'DELETE /api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef',
    status: 200,
    fields: { status: 'Success' },
  },
  {
    what: 'all of a kind',
    call: `DELETE ${shop}/configmaps`,
    status: 200,
    fields: { kind: 'ConfigMapList' },
  },
  { what: 'are gone', call: `GET ${shop}/configmaps/applied`, status: 404 },
  {
    what: 'a namespace that goes',
    call: 'DELETE /api/v1/namespaces/shop',
    status: 200,
    fields: { 'status.phase': 'Terminating' },
  },
  {
    what: 'takes nothing more',
    call: `POST ${shop}/configmaps`,
    body: { metadata: { name: 'late' } },
    status: 403,
    fields: { reason: 'Forbidden' },
  },
];

/**
 * Numbers, names and sorts of the fields of those messages that kubectl sends in protobuf: it makes and deletes some kinds through clients
 * that know no JSON. A `?` stands after what is told from zero. Numbers are from the `generated.proto` files of k8s.io/api and
 * k8s.io/apimachinery 0.35.
 */
export const messages: Readonly<Record<string, string>> = {
  Unknown: '1 typeMeta TypeMeta, 2 raw bytes',
  TypeMeta: '1 apiVersion text, 2 kind text',
  ObjectMeta:
    '1 name text, 2 generateName text, 3 namespace text, 5 uid text, 6 resourceVersion text, 7 generation number, 8 creationTimestamp time, 9 deletionTimestamp time, 10 deletionGracePeriodSeconds number?, 11 labels map, 12 annotations map, 13 ownerReferences OwnerReference[], 14 finalizers text[], 17 managedFields skip',
  OwnerReference:
    '1 kind text, 3 name text, 4 uid text, 5 apiVersion text, 6 controller flag?, 7 blockOwnerDeletion flag?',
  LabelSelector: '1 matchLabels map, 2 matchExpressions LabelSelectorRequirement[]',
  LabelSelectorRequirement: '1 key text, 2 operator text, 3 values text[]',
  DeleteOptions:
    '1 gracePeriodSeconds number?, 2 preconditions Preconditions, 3 orphanDependents flag?, 4 propagationPolicy text, 5 dryRun text[]',
  Preconditions: '1 uid text, 2 resourceVersion text',
  Namespace: '1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status skip',
  NamespaceSpec: '1 finalizers text[]',
  ConfigMap: '1 metadata ObjectMeta, 2 data map, 3 binaryData bytesMap, 4 immutable flag?',
  Secret: '1 metadata ObjectMeta, 2 data bytesMap, 3 type text, 4 stringData map, 5 immutable flag?',
  ServiceAccount: '1 metadata ObjectMeta, 4 automountServiceAccountToken flag?',
  Deployment: '1 metadata ObjectMeta, 2 spec DeploymentSpec, 3 status skip',
  DeploymentSpec:
    '1 replicas number?, 2 selector LabelSelector?, 3 template PodTemplateSpec, 4 strategy DeploymentStrategy, 5 minReadySeconds number, 6 revisionHistoryLimit number?, 7 paused flag, 9 progressDeadlineSeconds number?',
  DeploymentStrategy: '1 type text, 2 rollingUpdate RollingUpdateDeployment',
  RollingUpdateDeployment: '1 maxUnavailable count, 2 maxSurge count',
  PodTemplateSpec: '1 metadata ObjectMeta, 2 spec PodSpec',
  PodSpec:
    '2 containers Container[], 3 restartPolicy text, 4 terminationGracePeriodSeconds number?, 6 dnsPolicy text, 7 nodeSelector map, 8 serviceAccountName text, 9 serviceAccount text, 10 nodeName text, 11 hostNetwork flag, 19 schedulerName text, 24 priorityClassName text',
  Container:
    '1 name text, 2 image text, 3 command text[], 4 args text[], 5 workingDir text, 6 ports ContainerPort[], 7 env EnvVar[], 8 resources ResourceRequirements, 13 terminationMessagePath text, 14 imagePullPolicy text, 20 terminationMessagePolicy text',
  ContainerPort: '1 name text, 2 hostPort number, 3 containerPort number, 4 protocol text, 5 hostIP text',
  EnvVar: '1 name text, 2 value text?',
  ResourceRequirements: '1 limits quantities, 2 requests quantities',
  Service: '1 metadata ObjectMeta, 2 spec ServiceSpec, 3 status skip',
  ServiceSpec:
    '1 ports ServicePort[], 2 selector map, 3 clusterIP text, 4 type text, 7 sessionAffinity text, 10 externalName text',
  ServicePort: '1 name text, 2 protocol text, 3 port number, 4 targetPort count, 5 nodePort number',
  PodDisruptionBudget: '1 metadata ObjectMeta, 2 spec PodDisruptionBudgetSpec, 3 status skip',
  PodDisruptionBudgetSpec:
    '1 minAvailable count, 2 selector LabelSelector?, 3 maxUnavailable count, 4 unhealthyPodEvictionPolicy text',
  Eviction: '1 metadata ObjectMeta, 2 deleteOptions DeleteOptions',
  PriorityClass:
    '1 metadata ObjectMeta, 2 value number?, 3 globalDefault flag, 4 description text, 5 preemptionPolicy text',
  Role: '1 metadata ObjectMeta, 2 rules PolicyRule[]',
  ClusterRole: '1 metadata ObjectMeta, 2 rules PolicyRule[]',
  RoleBinding: '1 metadata ObjectMeta, 2 subjects Subject[], 3 roleRef RoleRef',
  ClusterRoleBinding: '1 metadata ObjectMeta, 2 subjects Subject[], 3 roleRef RoleRef',
  PolicyRule:
    '1 verbs text[], 2 apiGroups text[], 3 resources text[], 4 resourceNames text[], 5 nonResourceURLs text[]',
  RoleRef: '1 apiGroup text, 2 kind text, 3 name text',
  Subject: '1 kind text, 2 apiGroup text, 3 name text, 4 namespace text',
  CertificateSigningRequest:
    '1 metadata ObjectMeta, 2 spec CertificateSigningRequestSpec, 3 status CertificateSigningRequestStatus',
  CertificateSigningRequestSpec:
    '1 request bytes, 2 username text, 3 uid text, 4 groups text[], 5 usages text[], 7 signerName text, 8 expirationSeconds number?',
  CertificateSigningRequestStatus: '1 conditions CertificateSigningRequestCondition[], 2 certificate bytes',
  CertificateSigningRequestCondition:
    '1 type text, 2 reason text, 3 message text, 4 lastUpdateTime time, 5 lastTransitionTime time, 6 status text',
};

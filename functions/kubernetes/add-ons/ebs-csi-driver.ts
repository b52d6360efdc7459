import { common, imagesOf } from '../../../artifacts/versions.ts';
import { type AddOn, type AddOnInput, stages } from './add-on.ts';
import { awsServiceAccounts } from './aws-role.ts';
import { ebsController } from './ebs-csi-controller.ts';
import { ebsNode } from './ebs-csi-node.ts';
import { type Manifest, namespace, type PolicyRule } from './manifest.ts';
import {
  clusterRole,
  clusterRoleBinding,
  daemonSet,
  deployment,
  disruptionBudget,
  labelsOf,
  make,
  role,
  roleBinding,
  serviceAccount,
} from './objects.ts';

const labels = labelsOf('aws-ebs-csi-driver');
const driver = 'ebs.csi.aws.com';
const controller = 'ebs-csi-controller';
const node = 'ebs-csi-node';
const controllerAccount = awsServiceAccounts.ebsCsiDriver;
const controllerSelector = { app: controller };
const reads = ['get', 'list', 'watch'];
const storage = 'storage.k8s.io';

/** What provisioner, attacher and resizer do between them: they share one pod, and so one account. */
const controllerRules: readonly PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['persistentvolumes'],
    verbs: [...reads, 'create', 'delete', 'patch'],
  },
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: [...reads, 'update'] },
  { apiGroups: [''], resources: ['persistentvolumeclaims/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['nodes', 'pods'], verbs: reads },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'list', 'patch', 'update', 'watch'] },
  {
    apiGroups: [storage],
    resources: ['csinodes', 'storageclasses', 'volumeattributesclasses'],
    verbs: reads,
  },
  { apiGroups: [storage], resources: ['volumeattachments'], verbs: [...reads, 'patch'] },
  { apiGroups: [storage], resources: ['volumeattachments/status'], verbs: ['patch'] },
];

/** A node's part reads where it is from its Node, and takes off the taint that kept pods with volumes away until it was there. */
const nodeRules: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['nodes'], verbs: [...reads, 'patch'] },
  { apiGroups: [storage], resources: ['volumeattachments'], verbs: reads },
  { apiGroups: [storage], resources: ['csinodes'], verbs: ['get'] },
];

/**
 * Persistent volumes on EBS, and the class that claims without one get. Without snapshots: their kinds belong to a controller of their own
 * that a cluster may have from somewhere else.
 */
export function ebsCsiDriver(input: AddOnInput): AddOn {
  const images = imagesOf(input.kubernetesVersion);
  const replicas = input.controlPlanes > 1 ? 2 : 1;
  return {
    name: 'aws-ebs-csi-driver',
    version: common.ebsCsiDriver,
    stage: stages.services,
    awaits: [
      { kind: 'Deployment', namespace, name: controller },
      { kind: 'DaemonSet', namespace, name: node },
    ],
    objects: [
      serviceAccount(controllerAccount, labels),
      serviceAccount(node, labels),
      clusterRole('trivet:ebs-csi-controller', labels, controllerRules),
      clusterRoleBinding('trivet:ebs-csi-controller', labels, {
        role: 'trivet:ebs-csi-controller',
        account: controllerAccount,
      }),
      clusterRole('trivet:ebs-csi-node', labels, nodeRules),
      clusterRoleBinding('trivet:ebs-csi-node', labels, { role: 'trivet:ebs-csi-node', account: node }),
      role('ebs-csi-leases', labels, [
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          verbs: [...reads, 'create', 'delete', 'update'],
        },
      ]),
      roleBinding('ebs-csi-leases', labels, { role: 'ebs-csi-leases', account: controllerAccount }),
      csiDriver,
      deployment(
        {
          name: controller,
          labels,
          selector: controllerSelector,
          spec: ebsController(input, images, { account: controllerAccount, selector: controllerSelector }),
        },
        replicas,
      ),
      disruptionBudget(controller, labels, controllerSelector),
      daemonSet({ name: node, labels, selector: { app: node }, spec: ebsNode(images, node) }, '10%'),
      storageClass,
    ],
  };
}

const csiDriver: Manifest = make(
  { apiVersion: `${storage}/v1`, kind: 'CSIDriver', metadata: { name: driver, labels } },
  { attachRequired: true, podInfoOnMount: false, fsGroupPolicy: 'File' },
  'spec',
);

/** Encrypted, and made in the zone of the pod that first needs it. Its fields can never change: another class needs another name. */
const storageClass: Manifest = make(
  {
    apiVersion: `${storage}/v1`,
    kind: 'StorageClass',
    metadata: {
      name: 'gp3',
      labels,
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
  },
  {
    provisioner: driver,
    parameters: { type: 'gp3', encrypted: 'true', 'csi.storage.k8s.io/fstype': 'ext4' },
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: true,
    volumeBindingMode: 'WaitForFirstConsumer',
  },
);

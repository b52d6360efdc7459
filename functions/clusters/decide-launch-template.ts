import { createHash } from 'node:crypto';
import { committedLock } from '../../artifacts/lock.ts';
import { nodeArtifacts } from '../../artifacts/node-artifacts.ts';
import { serviceAccountIssuer } from '../../node/kubernetes/input.ts';
import { type NodeFile, renderManifest, renderNodeFiles, renderUserData } from '../../node/render.ts';
import type { LaunchTemplateData, LaunchTemplateFact } from '../aws/launch-templates.ts';
import { architectureOf } from './architecture.ts';
import type { Layout, SlotLayout } from './contracts.ts';
import { tagReason } from './decide-security-groups.ts';
import { missingTags, type Owner, type Tags, tagsOf } from './ownership.ts';
import type { ClusterSpec } from './spec-schema.ts';

/** Root disk of a node; etcd's data lies on the slot's own volume. */
export const rootGibibytes = 20;

/** Root device of Amazon Linux 2023. */
const rootDeviceName = '/dev/xvda';

/** A node's root disk, encrypted under the deployment's key; it goes with the instance. */
export function rootDisk(KmsKeyId: string) {
  return {
    DeviceName: rootDeviceName,
    Ebs: {
      VolumeType: 'gp3' as const,
      VolumeSize: rootGibibytes,
      Encrypted: true,
      KmsKeyId,
      DeleteOnTermination: true,
    },
  };
}

/** Version 2 alone, and one hop: pods cannot reach the node's role (reference aws-etcd-kubeadm-facts §8.2). */
export const metadataOptions = {
  HttpEndpoint: 'enabled',
  HttpTokens: 'required',
  HttpPutResponseHopLimit: 1,
} as const;

export interface WantedLaunchTemplate {
  readonly name: string;
  readonly tags: Tags;
  /** Made of the first instance type; a version of a later one carries the same hash. */
  readonly content: LaunchTemplateData;
  /** All that the spec allows, first choice first. */
  readonly instanceTypes: readonly string[];
  /** What the node fetches: to be in the bucket before a template names the manifest. */
  readonly files: readonly NodeFile[];
  readonly manifest: { readonly text: string; readonly sha256: string };
}

export type LaunchTemplateStep =
  | { readonly step: 'create' | 'version'; readonly reason: string }
  | { readonly step: 'tag'; readonly tags: Tags; readonly reason: string };

export interface LaunchTemplateInput {
  readonly spec: ClusterSpec;
  readonly layout: Layout;
  readonly slot: SlotLayout;
  readonly networkInterfaceId: string;
  readonly instanceProfileName: string;
  /** `https://host:port` of the API's load balancer; a node made without one is etcd alone. */
  readonly endpoint: string | undefined;
}

/**
 * A slot's launch template. It names the slot's network interface as the primary one, so that EC2 itself refuses a second holder
 * (design §3, reference aws-etcd-kubeadm-facts §1.4), and pins by hash all that the node fetches.
 */
export function wantedLaunchTemplate(
  owner: Owner,
  { spec, layout, slot, networkInterfaceId, instanceProfileName, endpoint }: LaunchTemplateInput,
  deployment: { readonly region: string; readonly bucket: string; readonly keyArn: string },
): WantedLaunchTemplate {
  const input = {
    deployment: owner.deployment,
    cluster: spec.name,
    slot: slot.slot,
    region: deployment.region,
    bucket: deployment.bucket,
    address: slot.address,
    memberName: slot.memberName,
    etcdVersion: spec.controlPlane.etcd.version,
    clusterToken: layout.initialClusterToken,
    artifacts: nodeArtifacts(committedLock, {
      kubernetesVersion: spec.kubernetesVersion,
      etcdVersion: spec.controlPlane.etcd.version,
      architecture: architectureOf(spec.controlPlane.instanceTypes),
      role: 'control-plane',
      cni: spec.network.cni,
    }),
    ...(endpoint && { kubernetes: kubernetesOf(spec, layout, endpoint, deployment) }),
  };
  const { instanceTypes } = spec.controlPlane;
  const files = renderNodeFiles(input);
  const manifest = renderManifest(files);
  const tags = tagsOf({ ...owner, slot: slot.slot }, slot.resourceName, spec.tags);
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const data = {
    ImageId: `resolve:ssm:${spec.controlPlane.amiParameter}`,
    InstanceType: (instanceTypes[0] ?? '') as never,
    IamInstanceProfile: { Name: instanceProfileName },
    // Security groups and address are the interface's own; it outlives the instance.
    NetworkInterfaces: [
      { DeviceIndex: 0, NetworkInterfaceId: networkInterfaceId, DeleteOnTermination: false },
    ],
    BlockDeviceMappings: [rootDisk(deployment.keyArn)],
    MetadataOptions: metadataOptions,
    UserData: Buffer.from(renderUserData(input, manifest.sha256)).toString('base64'),
    TagSpecifications: [
      { ResourceType: 'instance' as const, Tags },
      { ResourceType: 'volume' as const, Tags },
    ],
  };
  const hash = createHash('sha256').update(JSON.stringify(data)).digest('hex');
  return { name: slot.resourceName, tags, content: { data, hash }, instanceTypes, files, manifest };
}

function kubernetesOf(
  spec: ClusterSpec,
  { cluster, clusterUid, slots }: Layout,
  endpoint: string,
  { bucket, region }: { readonly bucket: string; readonly region: string },
) {
  return {
    version: spec.kubernetesVersion,
    endpointHost: new URL(endpoint).hostname,
    ...spec.network,
    serviceAccountIssuer: serviceAccountIssuer({ bucket, region, cluster, clusterUid }),
    apiServers: slots.length,
  };
}

/**
 * What is to be done to a slot's launch template. A slot that the sweep has moved on to a later type of the list, since an earlier one had
 * no capacity, is as the spec says (ADR 6); a new first choice, or a type that the list no longer has, is converged to the first.
 */
export function decideLaunchTemplate(
  wanted: WantedLaunchTemplate,
  found: LaunchTemplateFact | undefined,
): LaunchTemplateStep[] {
  if (!found) return [{ step: 'create', reason: `${wanted.name} does not exist` }];
  const steps: LaunchTemplateStep[] = [];
  if (found.dataHash !== wanted.content.hash)
    steps.push({
      step: 'version',
      reason: `version ${found.version} differs; a new one takes effect at the slot’s next instance`,
    });
  else if (!wanted.instanceTypes.includes(found.instanceType))
    steps.push({
      step: 'version',
      reason: `${found.instanceType} of version ${found.version} is no longer in the spec; ${wanted.instanceTypes[0]} takes effect at the slot’s next instance`,
    });
  const tags = missingTags(found.tags, wanted.tags);
  if (Object.keys(tags).length > 0) steps.push({ step: 'tag', tags, reason: tagReason(tags) });
  return steps;
}

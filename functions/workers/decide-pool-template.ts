import { createHash } from 'node:crypto';
import { committedLock } from '../../artifacts/lock.ts';
import { nodeArtifacts } from '../../artifacts/node-artifacts.ts';
import { renderManifest } from '../../node/render.ts';
import { renderWorkerFiles, renderWorkerUserData } from '../../node/worker/render.ts';
import { architectureOf } from '../clusters/architecture.ts';
import { metadataOptions, rootDisk, type WantedLaunchTemplate } from '../clusters/decide-launch-template.ts';
import { poolResourceName } from '../clusters/names.ts';
import { type Owner, tagsOf } from '../clusters/ownership.ts';
import type { ClusterSpec, PoolSpec } from '../clusters/spec-schema.ts';

export interface PoolTemplateInput {
  readonly spec: ClusterSpec;
  readonly pool: PoolSpec;
  readonly roleId: string;
  readonly instanceProfileName: string;
  readonly securityGroupId: string;
}

/** A pool's launch template, the same for all its zones: it pins by hash all that a worker fetches. Pure. */
export function wantedPoolTemplate(
  owner: Owner,
  { spec, pool, roleId, instanceProfileName, securityGroupId }: PoolTemplateInput,
  deployment: { readonly region: string; readonly bucket: string; readonly keyArn: string },
): WantedLaunchTemplate {
  const name = poolResourceName(owner.deployment, spec.name, pool.name);
  const kubernetesVersion = pool.kubernetesVersion ?? spec.kubernetesVersion;
  const input = {
    deployment: owner.deployment,
    cluster: spec.name,
    pool: pool.name,
    region: deployment.region,
    bucket: deployment.bucket,
    roleId,
    kubernetesVersion,
    serviceCidr: spec.network.serviceCidr,
    labels: pool.labels,
    taints: pool.taints,
    artifacts: nodeArtifacts(committedLock, {
      kubernetesVersion,
      etcdVersion: spec.controlPlane.etcd.version,
      architecture: architectureOf(pool.instanceTypes),
      role: 'worker',
      cni: spec.network.cni,
    }),
  };
  const files = renderWorkerFiles(input);
  const manifest = renderManifest(files);
  const tags = tagsOf({ ...owner, pool: pool.name }, name, spec.tags);
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const data = {
    ImageId: `resolve:ssm:${spec.controlPlane.amiParameter}`,
    // The group's policy says which types and whether spot; Auto Scaling takes no template that asks for spot itself.
    InstanceType: (pool.instanceTypes[0] ?? '') as never,
    IamInstanceProfile: { Name: instanceProfileName },
    SecurityGroupIds: [securityGroupId],
    BlockDeviceMappings: [rootDisk(deployment.keyArn)],
    MetadataOptions: metadataOptions,
    UserData: Buffer.from(renderWorkerUserData(input, manifest.sha256)).toString('base64'),
    TagSpecifications: [
      { ResourceType: 'instance' as const, Tags },
      { ResourceType: 'volume' as const, Tags },
    ],
  };
  const hash = createHash('sha256').update(JSON.stringify(data)).digest('hex');
  return { name, tags, content: { data, hash }, instanceTypes: pool.instanceTypes, files, manifest };
}

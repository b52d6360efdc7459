import { createHash } from 'node:crypto';
import { serviceAccountIssuer } from '../../node/kubernetes/input.ts';
import type { ClusterRecord } from '../aws/registry.ts';
import { addOnRoleArns } from '../identity/names.ts';
import type { Config } from '../runtime/config.ts';
import { type AddOn, hashOf, renderAddOns } from './add-ons/render.ts';
import { bootstrapObjects } from './bootstrap-objects.ts';

/** What is applied to a cluster's API, and a hash by which it is known again. */
export interface WantedKubernetes {
  readonly version: string;
  readonly addOns: readonly AddOn[];
  /** Over the bindings and the add-ons. */
  readonly hash: string;
}

type Recorded = Pick<ClusterRecord, 'spec' | 'layout' | 'endpoint'>;

/** Everything that a cluster's API is to hold of Trivet's, by its record. Pure. A cluster without an endpoint is not far enough: undefined. */
export function wantedKubernetes(
  { spec, layout, endpoint }: Recorded,
  config: Config,
): WantedKubernetes | undefined {
  if (endpoint === undefined) return undefined;
  const { cluster, clusterUid, slots } = layout;
  const { podCidr, serviceCidr, cni } = spec.network;
  const addOns = renderAddOns({
    cluster,
    region: config.region,
    vpcId: config.vpcId,
    podCidr,
    serviceCidr,
    endpointHost: new URL(endpoint).hostname,
    kubernetesVersion: spec.kubernetesVersion,
    controlPlanes: slots.length,
    cni,
    roles: addOnRoleArns(config, cluster),
    issuer: serviceAccountIssuer({ bucket: config.bucket, region: config.region, cluster, clusterUid }),
  });
  const hash = createHash('sha256')
    .update(JSON.stringify(bootstrapObjects()))
    .update(hashOf(addOns))
    .digest('hex');
  return { version: spec.kubernetesVersion, addOns, hash };
}

/** What the Kubernetes part of a control-plane node depends on; nothing secret, nothing that changes with an instance. */
export interface KubernetesInput {
  /** The cluster's name. */
  readonly cluster: string;
  /** Full version without a v, `1.35.4`. */
  readonly version: string;
  /** The slot's fixed private IPv4 address. */
  readonly address: string;
  /** Host name of the load balancer before all API servers. */
  readonly endpointHost: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** Issuer of service-account tokens (`serviceAccountIssuer`). */
  readonly serviceAccountIssuer: string;
  /** How many API servers there are: with one there is nobody to send a client away to. */
  readonly apiServers: number;
}

/** Port of every API server and of the load balancer before them. */
export const apiServerPort = 6443;

/** Cluster domain: every client library and image in the field expects this one. */
export const clusterDomain = 'cluster.local';

/** Where API servers themselves are reached: no way through the load balancer, so a node's parts share its fate and its version. */
export function localServer(address: string): string {
  return `https://${address}:${apiServerPort}`;
}

/** The bucket of the issuers' documents, beside the deployment's own. */
export function issuersBucketName(deploymentBucket: string): string {
  return `${deploymentBucket}-issuers`;
}

/**
 * The URL that service-account tokens name as their issuer. It says nothing that may ever change, so that it stays fixed from a cluster's
 * creation on (design §3): the uid tells this cluster from an earlier one of the same name. Its documents lie in a bucket of their own,
 * since they are for everybody and the deployment's bucket is for nobody.
 */
export function serviceAccountIssuer(of: {
  readonly bucket: string;
  readonly region: string;
  readonly cluster: string;
  readonly clusterUid: string;
}): string {
  return `https://${issuersBucketName(of.bucket)}.s3.${of.region}.amazonaws.com/${of.cluster}-${of.clusterUid}`;
}

/** The nth address of an IPv4 range, counted from its first one; the API has number 1, DNS number 10 (as kubeadm counts). */
export function nthAddress(cidr: string, n: number): string {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/\d+$/.exec(cidr);
  if (!match) throw new RangeError(`${cidr} is no IPv4 range`);
  const first = match.slice(1).reduce((sum, part) => sum * 256 + Number(part), 0) + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.');
}

import type { LoadBalancerAddress } from '../aws/load-balancer-addresses.ts';

/** What a certificate of the API server must name for clients that come through the load balancer. */
export interface EndpointNames {
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
}

/**
 * The names by which clients reach the API through its load balancer, for the API server's certificate: the DNS name of the endpoint
 * (`https://<name>:6443`) and each zone's addresses. Pure; sorted, so that the same load balancer gives the same certificate.
 */
export function endpointNames(
  endpoint: string,
  addresses: readonly Pick<LoadBalancerAddress, 'address' | 'publicAddress'>[],
): EndpointNames {
  const all = addresses.flatMap(({ address, publicAddress }) => [address, publicAddress ?? address]);
  return { dnsNames: [new URL(endpoint).hostname], addresses: [...new Set(all)].sort() };
}

/**
 * The endpoint with an address in place of its DNS name, for a client that cannot resolve that name: `https://127.80.3.7:6443`. Pure.
 * Undefined unless the addresses are this host's own, as in the embedded region: on AWS the name follows the health of zones, and an
 * address does not.
 */
export function localEndpoint(
  endpoint: string,
  addresses: readonly Pick<LoadBalancerAddress, 'address'>[],
): string | undefined {
  const local = addresses.find(({ address }) => address.startsWith('127.'));
  if (local === undefined) return undefined;
  const { port, protocol } = new URL(endpoint);
  return `${protocol}//${local.address}:${port}`;
}

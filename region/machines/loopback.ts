/**
 * The address that stands for `127.0.0.1` inside a machine: 127.(second octet + 64).x.y of its private address, so that machines that
 * share one host do not meet on localhost. Throws RangeError for an address that cannot be bound on a laptop (design §3: the region
 * is deployed with a VPC inside 127.0.0.0/8).
 */
export function loopbackOf(privateIp: string): string {
  const [first, second, third, fourth] = privateIp.split('.').map(Number);
  if (first !== 127 || second === undefined || second > 191)
    throw new RangeError(
      `${privateIp} cannot be bound here: the embedded region needs a VpcCidr inside 127.0.0.0/9, such as 127.80.0.0/16`,
    );
  return `127.${second + 64}.${third}.${fourth}`;
}

/** A value of a rendered env file as it holds on this host: paths below the machine's root, localhost on its own loopback. */
export function mapIntoMachine(value: string, root: string, loopback: string): string {
  return value
    .replace(/(?<![\w/])(\/etc\/trivet|\/var\/lib\/etcd)(?=\/|$)/g, (path) => `${root}${path}`)
    .replace(/\b127\.0\.0\.1\b/g, loopback);
}

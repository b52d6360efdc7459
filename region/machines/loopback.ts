import { createServer } from 'node:net';

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

/** A text of a rendered file as it holds on this host: paths below the machine's root, localhost on its own loopback. */
export function mapIntoMachine(value: string, root: string, loopback: string): string {
  return value
    .replace(
      /(?<![\w/])(\/etc\/trivet|\/etc\/kubernetes|\/var\/lib\/etcd|\/var\/log\/kubernetes)(?=\/|$)/g,
      (path) => `${root}${path}`,
    )
    .replace(/\b127\.0\.0\.1\b/g, loopback);
}

/** etcd's client and peer port. */
const etcdPorts = [2379, 2380];

/**
 * Rejects when etcd could not listen on this address: it is no loopback address, or another process holds a port of it (another region
 * with the same VpcCidr, most likely). Asked before etcd is started, so that a collision is told and waited out, and does not use up
 * the unit's restarts.
 */
export async function assertBindable(address: string): Promise<void> {
  loopbackOf(address);
  await Promise.all(etcdPorts.map((port) => assertFree(address, port)));
}

function assertFree(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `${host}:${port} is held by another process; does another region run with the same VpcCidr?`;
      reject(error.code === 'EADDRINUSE' ? new Error(taken) : error);
    });
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve()));
  });
}

import { createServer, type Server, type Socket } from 'node:net';
import type { Target } from '../target-group.ts';
import { type Connection, joinToTarget, reset, socketOptions } from './connection.ts';

/** Clients that one front serves at a time: with two sockets' buffers each this bounds its memory to about 128 MiB. */
const usualClientLimit = 1024;

/** Connections that the host keeps until they are accepted. */
const backlog = 1024;

export interface FrontOptions {
  readonly address: string;
  readonly port: number;
  /** The target of the next connection; undefined resets it. */
  readonly choose: () => Target | undefined;
  readonly log: (line: string) => void;
  /** Clients beyond it are dropped, and the log says so once. */
  readonly clientLimit?: number;
}

/** One listening socket: a load balancer's node in one zone, for one listener. */
export interface Front {
  /** Resets every connection to a target. */
  endConnections(target: Target): void;
  /** Stops listening and resets every connection; resolves when all sockets are closed. */
  close(): Promise<void>;
}

/** Listens at an address and port. Rejects with a reason for people when it cannot. */
export async function openFront(options: FrontOptions): Promise<Front> {
  const { address, port, choose, log, clientLimit = usualClientLimit } = options;
  const connections = new Set<Connection>();
  const accept = (client: Socket): void => {
    // Until it is joined nobody else listens for its errors.
    client.on('error', () => {});
    const target = choose();
    if (target === undefined) {
      reset(client);
      return;
    }
    const connection = joinToTarget(client, target, address);
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  };
  const server = createServer(socketOptions, accept);
  server.maxConnections = clientLimit;
  server.once('drop', () =>
    log(`elbv2: ${address}:${port} has ${clientLimit} clients, its limit here, and drops more`),
  );
  await listen(server, address, port);
  server.on('error', (error) => log(`elbv2: ${address}:${port}: ${error.message}`));
  const endWhere = (wanted: (connection: Connection) => boolean): void => {
    for (const connection of connections) if (wanted(connection)) connection.end();
  };
  return {
    endConnections: (target) => endWhere((connection) => connection.target === target),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const ended = [...connections].map((connection) => connection.closed);
      endWhere(() => true);
      await Promise.all([closed, ...ended]);
    },
  };
}

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!address.startsWith('127.'))
      return reject(
        new Error('it is no loopback address: the embedded region needs a VpcCidr such as 127.80.0.0/16'),
      );
    const fail = (error: NodeJS.ErrnoException): void => reject(new Error(reasonOf(error)));
    server.once('error', fail);
    server.listen({ host: address, port, backlog, exclusive: true }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE')
    return 'another process holds that port; does another region run with the same VpcCidr?';
  if (code === 'EADDRNOTAVAIL')
    return 'this host cannot bind it; only Linux has all of 127.0.0.0/8 on its loopback interface without further ado';
  if (code === 'EACCES') return 'this user may not bind that port';
  return message;
}

import { connect, type Socket } from 'node:net';
import type { Target } from '../target-group.ts';

/** A client's connection and the one to its target, joined. */
export interface Connection {
  readonly target: Target;
  /** Resets both sides. */
  end(): void;
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<void>;
}

/** The longest that opening a connection to a target may take, in ms; a target that takes longer is given up. */
const connectLimit = 10_000;

/** Idle time in ms after which the host asks whether a peer is still there. */
const keepAliveDelay = 15_000;

/** How sockets on both sides are opened: each direction ends by itself (half-open), small writes are not held back. */
export const socketOptions = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: keepAliveDelay,
} as const;

/**
 * Joins a client to a target, which sees `localAddress` as its client (client addresses are not preserved, facts §4.4). Bytes wait in the
 * sender's socket where the receiver is slow; the end of one direction is passed on and leaves the other; a reset is passed on.
 * A target that refuses resets the client: a Network Load Balancer tries no second one.
 */
export function joinToTarget(client: Socket, target: Target, localAddress: string): Connection {
  const { address: host, port } = target;
  const upstream = connect({ host, port, localAddress, ...socketOptions });
  upstream.setTimeout(connectLimit, () => reset(upstream));
  upstream.once('connect', () => upstream.setTimeout(0));
  client.pipe(upstream);
  upstream.pipe(client);
  return {
    target,
    end: () => {
      reset(client);
      reset(upstream);
    },
    closed: Promise.all([closing(client, upstream), closing(upstream, client)]).then(() => undefined),
  };
}

/** Resolves when `one` is closed; one that did not end in both directions takes the other along. */
function closing(one: Socket, other: Socket): Promise<void> {
  one.on('error', () => reset(other));
  return new Promise((resolve) => {
    one.once('close', () => {
      if (!one.readableEnded || !one.writableFinished) reset(other);
      resolve();
    });
  });
}

/** Closes a socket by RST, so that its peer does not take a cut for an end. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  // A socket that is still connecting would only be reset once it is connected.
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}

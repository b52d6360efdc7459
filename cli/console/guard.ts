import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Why a request is not answered, as a status and a sentence. */
export interface Refusal {
  readonly status: 403 | 415;
  readonly message: string;
}

/** Who may look and who may act. */
export interface Guard {
  /** Of every request: it is for this server by a name that no other site can have (DNS rebinding). */
  host(headers: IncomingHttpHeaders): Refusal | undefined;
  /** Of everything but the sign-in: the browser has been here with the token. */
  token(headers: IncomingHttpHeaders): Refusal | undefined;
  /** Of what changes something: it comes from this very page. */
  action(headers: IncomingHttpHeaders): Refusal | undefined;
  isToken(text: string): boolean;
  /** What a browser that brought the token keeps. */
  cookie(): string;
}

/**
 * Keeps other sites and other people of this machine out of a server on a loopback port. Browsers send cookies to every port of a host, so
 * the name holds the port; and they send them with a form of another site on this host, so an action must name this page as its origin.
 */
export function createGuard(token: string, port: () => number): Guard {
  const name = (): string => `trivet-console-${port()}`;
  const hosts = (): string[] => [`127.0.0.1:${port()}`, `localhost:${port()}`];
  const isToken = (text: string): boolean => {
    const [given, wanted] = [Buffer.from(text), Buffer.from(token)];
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  };
  return {
    isToken,
    cookie: () => `${name()}=${token}; Path=/; HttpOnly; SameSite=Strict`,
    host: ({ host = '' }) =>
      hosts().includes(host)
        ? undefined
        : { status: 403, message: `This is served at http://127.0.0.1:${port()} alone.` },
    token: ({ cookie = '' }) => {
      const brought = cookie
        .split(';')
        .map((pair) => pair.trim())
        .find((pair) => pair.startsWith(`${name()}=`));
      return brought !== undefined && isToken(brought.slice(name().length + 1))
        ? undefined
        : { status: 403, message: 'Open the address that trivet console printed; it ends with ?token=…' };
    },
    action: ({ 'content-type': type = '', host = '', origin }) => {
      if (origin !== `http://${host}`)
        return { status: 403, message: 'Actions are taken from the page of this console alone.' };
      if (!/^application\/json\b/.test(type))
        return { status: 415, message: 'An action is application/json.' };
      return undefined;
    },
  };
}

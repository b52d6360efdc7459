import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { CommandError } from '../output.ts';

/** What a release server or a registry answers. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface Downloaded {
  readonly sha256: string;
  readonly bytes: number;
}

/** The internet as far as artifacts need it: GET alone, redirects followed. Throws CommandError for what cannot be reached. */
export interface Http {
  /** A small answer, whatever its status. */
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  /** A body of any size, hashed while it is written to `file`. Throws CommandError for any status but 200. */
  download(url: string, file: string, headers?: Readonly<Record<string, string>>): Promise<Downloaded>;
}

/** Checksum files, manifests and tokens are far smaller; what is larger is not one of them. */
const smallBytesMax = 4 * 1024 * 1024;
/** Without a byte for so long, a server is taken for dead. */
const silenceMilliseconds = 60_000;

/**
 * `via` is an address in whose paths hosts of the internet are mirrored: `https://dl.k8s.io/release/…` is asked as `<via>/dl.k8s.io/release/…`.
 * Whoever runs it is trusted with the checksums too.
 */
export function makeHttp({ via }: { readonly via?: string } = {}): Http {
  const request = async (url: string, headers: Readonly<Record<string, string>> = {}) => {
    const asked = via === undefined ? url : `${via.replace(/\/$/, '')}/${url.replace(/^https:\/\//, '')}`;
    if (via === undefined && !url.startsWith('https://'))
      throw new CommandError(`${url} does not begin with https://, and nothing else is asked.`);
    const controller = new AbortController();
    let timer = setTimeout(() => controller.abort(), silenceMilliseconds);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), silenceMilliseconds);
    };
    const done = () => clearTimeout(timer);
    try {
      const answer = await fetch(asked, { headers, signal: controller.signal });
      heard();
      return { asked, answer, heard, done };
    } catch (error) {
      done();
      throw unreachable(asked, error);
    }
  };
  return {
    async get(url, headers) {
      const { asked, answer, heard, done } = await request(url, headers);
      const parts: Uint8Array[] = [];
      let bytes = 0;
      try {
        for await (const part of answer.body ?? []) {
          heard();
          bytes += part.byteLength;
          if (bytes > smallBytesMax) throw new CommandError(`${asked} answers with far more than it should.`);
          parts.push(part);
        }
      } catch (error) {
        throw unreachable(asked, error);
      } finally {
        done();
      }
      return { status: answer.status, headers: answer.headers, body: Buffer.concat(parts) };
    },
    async download(url, file, headers) {
      const { asked, answer, heard, done } = await request(url, headers);
      const hash = createHash('sha256');
      let bytes = 0;
      const handle = await open(file, 'w');
      try {
        if (answer.status !== 200)
          throw new CommandError(`${asked} answers ${answer.status} ${answer.statusText}.`);
        for await (const part of answer.body ?? []) {
          heard();
          hash.update(part);
          bytes += part.byteLength;
          await handle.writeFile(part);
        }
      } catch (error) {
        throw unreachable(asked, error);
      } finally {
        done();
        await answer.body?.cancel().catch(() => {});
        await handle.close();
      }
      return { sha256: hash.digest('hex'), bytes };
    },
  };
}

function unreachable(url: string, error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message =
    error instanceof Error && error.name === 'AbortError'
      ? `nothing came for ${silenceMilliseconds / 1000} s`
      : cause instanceof Error
        ? cause.message || cause.name
        : String(cause);
  return new CommandError(`${url} cannot be read: ${message}.`);
}

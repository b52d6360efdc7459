import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

/** The internet on loopback, as `--via` asks it: `/HOST/PATH`. It keeps release files and plays registries. */
export interface Internet {
  readonly url: string;
  /** Every request, as `HOST/PATH`. */
  readonly asked: string[];
  /** Files by `HOST/PATH`. */
  readonly files: Map<string, string | Uint8Array>;
  /** Registries that want a token, which they give to everybody. */
  readonly guarded: Set<string>;
  /** Registries that redirect blobs to another host. */
  readonly redirecting: Set<string>;
  /** Publishes a file and its checksum file. */
  release(url: string, checksumUrl: string, content: string, checksum?: string): void;
  /** Publishes an image for both architectures; gives the digests of their manifests. */
  push(name: string, layers: readonly string[]): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const token = 'token-for-everybody';

export async function startInternet(): Promise<Internet> {
  const files = new Map<string, string | Uint8Array>();
  const types = new Map<string, string>();
  const asked: string[] = [];
  const guarded = new Set<string>();
  const redirecting = new Set<string>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const [path = '', query = ''] = (request.url ?? '').slice(1).split('?');
    const [host = ''] = path.split('/');
    asked.push(path);
    if (path.endsWith('/token') && guarded.has(host)) {
      const good = new URLSearchParams(query).get('scope')?.endsWith(':pull');
      response.writeHead(good ? 200 : 400).end(JSON.stringify(good ? { token } : {}));
      return;
    }
    const repository = /^[^/]+\/v2\/(.+)\/(?:manifests|blobs)\//.exec(path)?.[1];
    if (repository && guarded.has(host) && request.headers.authorization !== `Bearer ${token}`) {
      const challenge = `Bearer realm="https://${host}/token",service="${host}",scope="repository:${repository}:pull"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return;
    }
    if (path.includes('/blobs/') && redirecting.has(host)) {
      response.writeHead(307, { location: `/elsewhere/${path}` }).end();
      return;
    }
    const name = path.replace(/^elsewhere\//, '');
    const content = files.get(name);
    if (content === undefined) response.writeHead(404).end('not found');
    else response.writeHead(200, { 'content-type': types.get(name) ?? 'text/plain' }).end(content);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const push = (name: string, layers: readonly string[]): Record<string, string> => {
    const [, host, repository, tag] = /^([^/]+)\/([^:]+):(.+)$/.exec(name) ?? [];
    const base = `${host}/v2/${repository}`;
    const blob = (content: string, mediaType: string) => {
      const digest = `sha256:${sha256(content)}`;
      files.set(`${base}/blobs/${digest}`, content);
      return { mediaType, digest, size: content.length };
    };
    const digests: Record<string, string> = {};
    const manifests = ['amd64', 'arm64'].map((architecture) => {
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType,
        config: blob(
          JSON.stringify({ architecture, os: 'linux' }),
          'application/vnd.oci.image.config.v1+json',
        ),
        layers: layers.map((layer) =>
          blob(`${architecture}: ${layer}`, 'application/vnd.oci.image.layer.v1.tar+gzip'),
        ),
      });
      const digest = `sha256:${sha256(manifest)}`;
      digests[architecture] = digest;
      files.set(`${base}/manifests/${digest}`, manifest);
      types.set(`${base}/manifests/${digest}`, mediaType);
      return { mediaType, digest, size: manifest.length, platform: { architecture, os: 'linux' } };
    });
    const index = 'application/vnd.oci.image.index.v1+json';
    files.set(`${base}/manifests/${tag}`, JSON.stringify({ schemaVersion: 2, mediaType: index, manifests }));
    types.set(`${base}/manifests/${tag}`, index);
    return digests;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    files,
    guarded,
    redirecting,
    release(url, checksumUrl, content, checksum) {
      const path = url.replace('https://', '');
      files.set(path, content);
      files.set(
        checksumUrl.replace('https://', ''),
        checksum ?? `${'0'.repeat(64)}  another\n${sha256(content)}  ${path.split('/').at(-1)}\n`,
      );
    },
    push,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

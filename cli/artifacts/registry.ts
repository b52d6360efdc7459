import { createHash } from 'node:crypto';
import { CommandError } from '../output.ts';
import type { Http, HttpAnswer } from './http.ts';

/** The part of the OCI distribution API that reading one image of one architecture needs, anonymously. */

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An image's manifest of one architecture, byte for byte, and the blobs that it names: its configuration, then its layers. */
export interface ImageManifest {
  readonly descriptor: Descriptor;
  readonly body: Uint8Array;
  readonly blobs: readonly Descriptor[];
}

export interface ImageName {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
}

const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** `registry.k8s.io/coredns/coredns:v1.13.1`. Throws CommandError for a name without registry or tag. */
export function parseImageName(name: string): ImageName {
  const [, registry, repository, tag] = /^([^/]+)\/([^:]+):([\w.-]+)$/.exec(name) ?? [];
  if (!registry || !repository || !tag)
    throw new CommandError(`${name} is no image name with a registry and a tag.`);
  return { registry, repository, tag };
}

/** Reads images of one registry's repository; the token that it hands out to everybody is kept. */
export function openRepository(http: Http, { registry, repository }: ImageName) {
  let authorization: Record<string, string> = {};
  const base = `https://${registry}/v2/${repository}`;
  const get = async (path: string, accept: readonly string[]): Promise<HttpAnswer> => {
    const headers = { accept: accept.join(', ') };
    const first = await http.get(`${base}/${path}`, { ...headers, ...authorization });
    if (first.status !== 401) return first;
    const token = await anonymousToken(http, first, `${registry}/${repository}`);
    authorization = { authorization: `Bearer ${token}` };
    return http.get(`${base}/${path}`, { ...headers, ...authorization });
  };
  const manifest = async (
    reference: string,
  ): Promise<{ descriptor: Descriptor; body: Uint8Array; json: Json }> => {
    const answer = await get(`manifests/${reference}`, [...indexTypes, ...manifestTypes]);
    const what = `${registry}/${repository} ${reference}`;
    if (answer.status !== 200) throw new CommandError(`${what}: the registry answers ${answer.status}.`);
    const digest = `sha256:${createHash('sha256').update(answer.body).digest('hex')}`;
    if (reference.startsWith('sha256:') && digest !== reference)
      throw new CommandError(`${what}: the registry answers with another manifest, ${digest}.`);
    const json = parseJson(answer.body, what);
    const mediaType = json.mediaType ?? answer.headers.get('content-type')?.split(';')[0] ?? '';
    return { descriptor: { mediaType, digest, size: answer.body.byteLength }, body: answer.body, json };
  };
  return {
    /** The manifest for Linux on an architecture behind a tag. Throws CommandError where there is none. */
    async manifestFor(tag: string, architecture: string): Promise<ImageManifest> {
      const what = `${registry}/${repository}:${tag}`;
      let found = await manifest(tag);
      if (indexTypes.includes(found.descriptor.mediaType)) {
        const entry = found.json.manifests?.find(
          ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
        );
        if (!entry) throw new CommandError(`${what} has no image for linux/${architecture}.`);
        found = await manifest(entry.digest);
      }
      const { config, layers } = found.json;
      if (!manifestTypes.includes(found.descriptor.mediaType) || !config || !layers)
        throw new CommandError(
          `${what}: ${found.descriptor.mediaType || 'its manifest'} is no kind that is known here.`,
        );
      return { descriptor: found.descriptor, body: found.body, blobs: [config, ...layers] };
    },
    /** Downloads a blob and holds it against its digest and size. */
    async blob({ digest, size }: Descriptor, file: string): Promise<void> {
      const got = await http.download(`${base}/blobs/${digest}`, file, authorization);
      if (`sha256:${got.sha256}` !== digest || got.bytes !== size)
        throw new CommandError(
          `${registry}/${repository}: a blob that should be ${digest} (${size} bytes) came as sha256:${got.sha256} (${got.bytes} bytes).`,
        );
    },
  };
}

interface Json {
  readonly mediaType?: string;
  readonly manifests?: readonly (Descriptor & {
    readonly platform?: { readonly os?: string; readonly architecture?: string };
  })[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

function parseJson(body: Uint8Array, what: string): Json {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as Json;
  } catch {
    throw new CommandError(`${what}: the registry answers with something that is no manifest.`);
  }
}

/** What a registry's 401 asks for: a token from its `realm`, which it gives to whoever asks. */
async function anonymousToken(http: Http, refused: HttpAnswer, what: string): Promise<string> {
  const challenge = refused.headers.get('www-authenticate') ?? '';
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key ?? '', value ?? '']),
  );
  if (!/^bearer /i.test(challenge) || !fields.realm)
    throw new CommandError(
      `${what}: the registry asks for a login (${challenge || 'it does not say which'}).`,
    );
  const url = new URL(fields.realm);
  for (const key of ['service', 'scope']) if (fields[key]) url.searchParams.set(key, fields[key]);
  const answer = await http.get(url.href);
  if (answer.status !== 200)
    throw new CommandError(`${what}: no token was given, ${url.host} answers ${answer.status}.`);
  const told = parseJson(answer.body, what) as { token?: string; access_token?: string };
  const token = told.token ?? told.access_token;
  if (!token) throw new CommandError(`${what}: ${url.host} answers without a token.`);
  return token;
}

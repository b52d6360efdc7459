import { parseQuery, queryValue, toText, type WireRequest } from './wire.ts';

/** Who signed a request, and for which service, as the SigV4 credential scope says. Signatures are not verified. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** Signing name of the service, for example `states`. */
  readonly service: string;
  readonly region: string | undefined;
}

/**
 * The scope from the Authorization header or, in presigned URLs, from X-Amz-Credential:
 * `AKID/20261122/us-east-1/ec2/aws4_request`; SigV4A scopes have no region. Presigned URLs of S3 in the older form, which `aws s3
 * presign` still makes, name the key in AWSAccessKeyId.
 */
export function credentialScope(request: WireRequest): CredentialScope | undefined {
  const header = /Credential=([^,\s]+)/.exec(request.headers.authorization ?? '')?.[1];
  const oldPresigner = queryValue(request, 'AWSAccessKeyId');
  if (oldPresigner !== undefined) return { accessKeyId: oldPresigner, service: 's3', region: undefined };
  const credential = header ?? queryValue(request, 'X-Amz-Credential');
  const parts = credential?.split('/') ?? [];
  const service = parts.at(-2);
  const [accessKeyId] = parts;
  if (accessKeyId === undefined || service === undefined || parts.length < 4) return undefined;
  return { accessKeyId, service, region: parts.length >= 5 ? parts.at(-3) : undefined };
}

/** Signing names of the services that answer requests which nobody signed. */
export type UnsignedService = 's3' | 'sts';

/**
 * The service that an unsigned request is for: STS takes a token in place of a signature; S3 reads for everybody what a bucket's policy
 * says. On AWS the host name tells; at one endpoint whatever is read by its path is S3's.
 */
export function unsignedService(request: WireRequest): UnsignedService | undefined {
  if (isS3Host(request.host)) return 's3';
  if (request.method === 'GET' || request.method === 'HEAD') return 's3';
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  if (request.method !== 'POST' || !isForm) return undefined;
  const action = parseQuery(toText(request.body)).find(([key]) => key === 'Action')?.[1];
  return action === 'AssumeRoleWithWebIdentity' ? 'sts' : undefined;
}

/** `s3.us-east-1.amazonaws.com`, or a bucket before it. */
function isS3Host(host: string): boolean {
  return /^(.+\.)?s3[.-][^:]*amazonaws\.com(:\d+)?$/.test(host);
}

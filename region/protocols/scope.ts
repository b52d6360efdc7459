import { queryValue, type WireRequest } from './wire.ts';

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

import { anonymous } from '../../kernel/credentials.ts';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';

/** What a GET over HTTPS without any credentials answers; `unreachable` where nobody has that name. */
export type PublicAnswer = { readonly status: number; readonly text: string } | 'unreachable';

/**
 * Reads a public document, as STS and IAM read an issuer's. The region has no internet: what there is are its own buckets under their
 * hosts' names, `<bucket>.s3.<region>.amazonaws.com`.
 */
export async function fetchPublic(kernel: Kernel, url: string): Promise<PublicAnswer> {
  const { host, pathname } = new URL(url);
  const suffix = `.s3.${kernel.region}.amazonaws.com`;
  if (!host.endsWith(suffix)) return 'unreachable';
  const input = { Bucket: host.slice(0, -suffix.length), Key: decodeURIComponent(pathname.slice(1)) };
  try {
    const { Body } = await kernel.invoke<{ Body: Uint8Array }>('s3', 'getObject', input, anonymous);
    return { status: 200, text: Buffer.from(Body).toString('utf8') };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { status: error.status, text: error.message };
  }
}

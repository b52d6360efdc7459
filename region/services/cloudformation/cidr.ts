import { AwsError } from '../../kernel/errors.ts';

/**
 * Fn::Cidr: `count` consecutive IPv4 blocks with `hostBits` host bits each, from the start of `block`. Throws ValidationError where they
 * do not fit.
 */
export function cidrBlocks(block: string, count: number, hostBits: number): string[] {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(block);
  const prefix = 32 - hostBits;
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const outer = Number(match?.[5]);
  const fits =
    match && octets.every((octet) => octet <= 255) && outer <= 32 && prefix >= outer && prefix <= 32;
  if (!fits || !(count >= 1 && count <= 256) || count > 2 ** (prefix - outer)) {
    throw new AwsError(
      'ValidationError',
      `Template error: Fn::Cidr cannot take ${count} blocks of ${hostBits} host bits from ${block}`,
    );
  }
  const size = 2 ** hostBits;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const base = Math.floor(address / 2 ** (32 - outer)) * 2 ** (32 - outer);
  return Array.from({ length: count }, (_, index) => `${dotted(base + index * size)}/${prefix}`);
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** IPv4 ranges and addresses, as plain numbers. Pure. */

export interface Range {
  /** First address as an unsigned 32-bit number. */
  readonly first: number;
  /** Number of addresses. */
  readonly size: number;
  readonly prefix: number;
}

const addressPattern = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** The number of a dotted address, or undefined when it is none. */
export function parseAddress(text: string): number | undefined {
  const match = addressPattern.exec(text);
  if (!match) return undefined;
  const octets = match.slice(1).map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((number, octet) => number * 256 + octet, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join('.');
}

/** A CIDR's range, or undefined when it is malformed or its address has bits beyond its prefix. */
export function parseCidr(text: string): Range | undefined {
  const [address = '', length = ''] = text.split('/');
  const first = parseAddress(address);
  const prefix = /^\d{1,2}$/.test(length) ? Number(length) : Number.NaN;
  if (first === undefined || !(prefix >= 0 && prefix <= 32)) return undefined;
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, size, prefix } : undefined;
}

/** The CIDR that was probably meant: the same with the bits beyond the prefix cleared. */
export function alignCidr(text: string): string | undefined {
  const [address = '', length = ''] = text.split('/');
  const first = parseAddress(address);
  const prefix = Number(length);
  if (first === undefined || !(prefix >= 0 && prefix <= 32) || length === '') return undefined;
  const size = 2 ** (32 - prefix);
  return `${formatAddress(first - (first % size))}/${prefix}`;
}

export function overlaps(left: Range, right: Range): boolean {
  return left.first < right.first + right.size && right.first < left.first + left.size;
}

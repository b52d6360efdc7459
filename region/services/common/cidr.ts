/** A block of IPv4 addresses: `first` and `size` as numbers, `prefix` in bits. */
export interface Block {
  readonly first: number;
  readonly prefix: number;
  readonly size: number;
}

/** An IPv4 address as a number, or undefined when it is none. */
export function parseAddress(text: string): number | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet))) return undefined;
  const numbers = octets.map(Number);
  if (numbers.some((octet) => octet > 255)) return undefined;
  return numbers.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The dotted form of an address. */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** A CIDR block, brought to its first address as EC2 does (100.68.0.18/18 → 100.68.0.0/18), or undefined when it is none. */
export function parseBlock(text: string): Block | undefined {
  const [address = '', bits = '', ...rest] = text.split('/');
  const parsed = parseAddress(address);
  if (parsed === undefined || rest.length > 0 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32)
    return undefined;
  const prefix = Number(bits);
  const size = 2 ** (32 - prefix);
  return { first: parsed - (parsed % size), prefix, size };
}

/** The text of a block. */
export function formatBlock(block: Block): string {
  return `${formatAddress(block.first)}/${block.prefix}`;
}

/** Whether two blocks share an address. */
export function overlaps(left: Block, right: Block): boolean {
  return left.first < right.first + right.size && right.first < left.first + left.size;
}

/** Whether `inner` lies wholly in `outer`. */
export function containsBlock(outer: Block, inner: Block): boolean {
  return outer.first <= inner.first && inner.first + inner.size <= outer.first + outer.size;
}

/** Whether an address lies in a block. */
export function containsAddress(block: Block, address: number): boolean {
  return block.first <= address && address < block.first + block.size;
}

/** Whether EC2 keeps this address of a subnet for itself: the first four and the last one. */
export function isReserved(subnet: Block, address: number): boolean {
  return address < subnet.first + 4 || address === subnet.first + subnet.size - 1;
}

/** How many addresses a subnet has for interfaces. */
export function usableAddresses(subnet: Block): number {
  return subnet.size - 5;
}

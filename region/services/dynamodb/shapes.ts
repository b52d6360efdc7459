/**
 * From the SDK's shapes to DynamoDB's JSON: bytes become base64 text, undefined members are left out. Numbers in items are text in
 * both.
 */
export function toEngine(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toEngine);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, toEngine(member)]),
  );
}

/**
 * From DynamoDB's JSON to the SDK's shapes: `{B: "…"}` and `{BS: ["…"]}` become bytes, times become dates. Such a member with text in it
 * is an attribute value and nothing else, since the members of an attribute map are objects.
 */
export function fromEngine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromEngine);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  const [first] = entries;
  if (entries.length === 1 && first) {
    const [name, member] = first;
    if (name === 'B' && typeof member === 'string') return { B: bytes(member) };
    if (name === 'BS' && Array.isArray(member) && member.every((each) => typeof each === 'string')) {
      return { BS: member.map(bytes) };
    }
  }
  return Object.fromEntries(
    entries.map(([name, member]) => {
      if (name.endsWith('DateTime') && typeof member === 'number') return [name, new Date(member * 1000)];
      return [name, fromEngine(member)];
    }),
  );
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

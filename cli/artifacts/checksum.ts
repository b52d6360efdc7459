/**
 * The sha256 that a project's checksum file says of a file. Projects write the hash alone, lines of `sha256sum`, or such lines within a signed
 * message; undefined where the file is not in it. Pure.
 */
export function checksumIn(text: string, file: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const alone = lines.filter((line) => line !== '');
  if (alone.length === 1 && /^[0-9a-f]{64}$/i.test(alone[0] ?? '')) return alone[0]?.toLowerCase();
  for (const line of lines) {
    const [, hash, name] = /^([0-9a-f]{64})\s+\*?(\S+)$/i.exec(line) ?? [];
    if (hash && name?.split('/').at(-1) === file) return hash.toLowerCase();
  }
  return undefined;
}

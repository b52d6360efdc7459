import type { Architecture } from '../../artifacts/catalog.ts';

/** Families of AWS's own arm64 processors carry a g after the generation: t4g, m7gd, im4gn, g5g; a1 was the first. Pure. */
export function isArm(instanceType: string): boolean {
  return /^(a1|[a-z]+\d+g[a-z]*)\./.test(instanceType);
}

/** The architecture of nodes of these types: all of a list have that of the first (checkInstanceTypes). */
export function architectureOf(instanceTypes: readonly string[]): Architecture {
  return isArm(instanceTypes[0] ?? '') ? 'arm64' : 'amd64';
}

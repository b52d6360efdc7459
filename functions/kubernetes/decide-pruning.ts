import type { ObjectReference } from './paths.ts';

/** One object that Trivet applied, as the inventory names it: `apps/v1 DaemonSet kube-system/kube-proxy`. */
export type InventoryLine = string;

export function lineOf({ apiVersion, kind, namespace, name }: ObjectReference): InventoryLine {
  return `${apiVersion} ${kind} ${namespace ?? ''}/${name ?? ''}`;
}

/** Reads a line back; undefined for one that is none, which is left alone. */
export function referenceOf(line: InventoryLine): Required<ObjectReference> | undefined {
  const match = /^(\S+) (\S+) ([^/\s]*)\/(\S+)$/.exec(line);
  if (!match) return undefined;
  const [, apiVersion = '', kind = '', namespace = '', name = ''] = match;
  return { apiVersion, kind, namespace, name };
}

/**
 * What was applied once and is wanted no more: to be deleted. Pure. An object that only changed its API version is the same object under
 * another path, and stays.
 */
export function decidePruning(
  recorded: readonly InventoryLine[],
  wanted: readonly InventoryLine[],
): Required<ObjectReference>[] {
  const identity = ({ apiVersion, kind, namespace, name }: Required<ObjectReference>) =>
    [apiVersion.includes('/') ? apiVersion.split('/')[0] : '', kind, namespace, name].join(' ');
  const present = new Set(wanted.flatMap((line) => referenceOf(line) ?? []).map(identity));
  return recorded.flatMap((line) => referenceOf(line) ?? []).filter((one) => !present.has(identity(one)));
}

import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Document, isMap, isSeq, parseDocument } from 'yaml';
import { CommandError } from './output.ts';

/** What is put into a kubeconfig: one cluster, one user, one context, all of one name. */
export interface KubeconfigEntry {
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const lists = ['clusters', 'users', 'contexts'] as const;

/**
 * A kubeconfig's text with an entry put in or replaced; what else is in it, comments too, stays. Pure. `use`: makes it the current context.
 * Throws CommandError for text that is no kubeconfig.
 */
export function mergeKubeconfig(present: string, entry: KubeconfigEntry, use: boolean): string {
  const document = parseDocument(present.trim() === '' ? emptyKubeconfig : present);
  if (document.errors.length > 0 || !isMap(document.contents))
    throw new CommandError(
      `it is no kubeconfig: ${document.errors[0]?.message.split('\n')[0] ?? 'not a mapping'}`,
    );
  for (const list of lists) {
    const there = document.get(list, true);
    if (there !== undefined && there !== null && !isSeq(there) && document.get(list) !== null)
      throw new CommandError(`it is no kubeconfig: "${list}" is not a list`);
  }
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  const { ca, certificate, key, name, server } = entry;
  put(document, 'clusters', name, {
    cluster: { server, 'certificate-authority-data': base64(ca) },
  });
  put(document, 'users', name, {
    user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) },
  });
  put(document, 'contexts', name, { context: { cluster: name, user: name } });
  if (use || !document.get('current-context')) document.set('current-context', name);
  return document.toString({ lineWidth: 0 });
}

const emptyKubeconfig =
  'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\ncurrent-context: ""\n';

function put(document: Document, list: (typeof lists)[number], name: string, content: object): void {
  const node = document.createNode({ name, ...content });
  const items = document.get(list, true);
  if (!isSeq(items)) {
    document.set(list, document.createNode([{ name, ...content }]));
    return;
  }
  // An empty list is written on one line, and would stay so.
  items.flow = false;
  const index = items.items.findIndex((item) => isMap(item) && item.get('name') === name);
  if (index === -1) items.items.push(node);
  else items.items[index] = node;
}

/** Merges an entry into a file, which is whole at every moment and its owner's alone. Throws CommandError and leaves it as it is. */
export function writeKubeconfig(path: string, entry: KubeconfigEntry, use: boolean): void {
  const present = existsSync(path) ? readFileSync(path, 'utf8') : '';
  let merged: string;
  try {
    merged = mergeKubeconfig(present, entry, use);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(
      `${path} is left as it is, since ${error.message}. Name another with --file, or --stdout.`,
    );
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.trivet-${process.pid}`;
  writeFileSync(next, merged, { mode: 0o600 });
  chmodSync(next, 0o600);
  renameSync(next, path);
}

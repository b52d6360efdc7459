import { parseAllDocuments } from 'yaml';
import { renderEncryptionConfiguration, secretboxProvider } from '../kubernetes/encryption.ts';
import type { Flags } from '../kubernetes/flags.ts';
import { deliveredFiles, kubernetesFolder } from '../kubernetes/paths.ts';
import { parseEnvironmentFile, renderNodeFiles, type SlotNodeInput } from '../render.ts';

/** A control-plane node as its files say it is: what checks judge, and nothing else. */
export interface RenderedNode {
  readonly apiServer: Flags;
  readonly controllerManager: Flags;
  readonly scheduler: Flags;
  /** Variables of etcd, `ETCD_…`. */
  readonly etcd: Readonly<Record<string, string | undefined>>;
  /** KubeletConfiguration. */
  readonly kubelet: Readonly<Record<string, unknown>>;
  /** Mode of a rendered file; undefined where there is none. */
  mode(path: string): number | undefined;
  content(path: string): string;
  /** Whether the node fetches this file of /etc/kubernetes. */
  fetches(path: string): boolean;
  /** The EncryptionConfiguration as functions/pki makes it, with a key that is none. */
  readonly encryption: string;
}

/** Reads a node back from what `renderNodeFiles` gives: the checks see no more than the node does. */
export function readRenderedNode(input: SlotNodeInput): RenderedNode {
  const files = renderNodeFiles(input);
  const content = (path: string): string => files.find((file) => file.path === path)?.content ?? '';
  const documents = parseAllDocuments(content('/etc/trivet/kubeadm.yaml')).map((each) => each.toJSON());
  const of = (kind: string) => documents.find((document) => document?.kind === kind) ?? {};
  const cluster = of('ClusterConfiguration');
  return {
    apiServer: flagsOf(cluster.apiServer?.extraArgs),
    controllerManager: flagsOf(cluster.controllerManager?.extraArgs),
    scheduler: flagsOf(cluster.scheduler?.extraArgs),
    etcd: parseEnvironmentFile(content('/etc/trivet/etcd-3.6.env')),
    kubelet: of('KubeletConfiguration'),
    mode: (path) => files.find((file) => file.path === path)?.mode,
    content,
    fetches: (path) => deliveredFiles.some((file) => `${kubernetesFolder}/${file}` === path),
    encryption: renderEncryptionConfiguration([secretboxProvider([{ name: 'key', secret: '' }])]),
  };
}

function flagsOf(extraArgs: readonly { readonly name: string; readonly value: string }[] = []): Flags {
  return Object.fromEntries(extraArgs.map(({ name, value }) => [name, value]));
}

import { parse, parseAllDocuments } from 'yaml';
import { renderEncryptionConfiguration, secretboxProvider } from '../kubernetes/encryption.ts';
import type { Flags } from '../kubernetes/flags.ts';
import { deliveredFiles, kubernetesFolder } from '../kubernetes/paths.ts';
import {
  type NodeFile,
  parseEnvironmentFile,
  renderNodeFiles,
  type SlotNodeInput,
  workerKubeletConfiguration,
} from '../render.ts';
import { renderWorkerFiles, type WorkerNodeInput } from '../worker/render.ts';

/** A node as its files say it is: what checks judge, and nothing else. What a worker does not run has no flags. */
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
  const files = filesOf(renderNodeFiles(input));
  const { content } = files;
  const documents = parseAllDocuments(content('/etc/trivet/kubeadm.yaml')).map((each) => each.toJSON());
  const of = (kind: string) => documents.find((document) => document?.kind === kind) ?? {};
  const cluster = of('ClusterConfiguration');
  return {
    apiServer: flagsOf(cluster.apiServer?.extraArgs),
    controllerManager: flagsOf(cluster.controllerManager?.extraArgs),
    scheduler: flagsOf(cluster.scheduler?.extraArgs),
    etcd: parseEnvironmentFile(content('/etc/trivet/etcd-3.6.env')),
    kubelet: of('KubeletConfiguration'),
    ...files,
    fetches: (path) => deliveredFiles.some((file) => `${kubernetesFolder}/${file}` === path),
    encryption: renderEncryptionConfiguration([secretboxProvider([{ name: 'key', secret: '' }])]),
  };
}

/** The same for a pool's worker, from what `renderWorkerFiles` gives. It fetches no file of /etc/kubernetes. */
export function readRenderedWorker(input: WorkerNodeInput): RenderedNode {
  const files = filesOf(renderWorkerFiles(input));
  return {
    apiServer: {},
    controllerManager: {},
    scheduler: {},
    etcd: {},
    kubelet: parse(files.content(workerKubeletConfiguration)),
    ...files,
    fetches: () => false,
    encryption: '',
  };
}

function filesOf(files: readonly NodeFile[]): Pick<RenderedNode, 'content' | 'mode'> {
  const find = (path: string): NodeFile | undefined => files.find((file) => file.path === path);
  return { content: (path) => find(path)?.content ?? '', mode: (path) => find(path)?.mode };
}

function flagsOf(extraArgs: readonly { readonly name: string; readonly value: string }[] = []): Flags {
  return Object.fromEntries(extraArgs.map(({ name, value }) => [name, value]));
}

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { apiServerFolder, auditFolder, kubernetesFolder } from '../../node/kubernetes/paths.ts';
import type { KubernetesBinaries } from '../binaries.ts';
import type { Component } from './component-process.ts';
import { loopbackOf, mapIntoMachine } from './loopback.ts';

/** What a machine's components run with. */
export interface ComponentsInput {
  readonly binaries: KubernetesBinaries;
  /** The machine's root, with the rendered files in it. */
  readonly root: string;
  readonly privateIp: string;
}

export interface Components {
  readonly apiServer: Component;
  readonly controllerManager: Component;
  readonly scheduler: Component;
}

interface Listed {
  readonly extraArgs?: readonly { readonly name: string; readonly value: string }[];
}

interface ClusterConfiguration {
  readonly kind?: string;
  readonly apiServer?: Listed;
  readonly controllerManager?: Listed;
  readonly scheduler?: Listed;
}

/**
 * The command lines of a control-plane machine's components, from the very kubeadm.yaml that node/ renders and from which kubeadm makes
 * their static pods. Writes copies of the files that name paths, with the paths that hold on this host. Throws RangeError for a
 * kubeadm.yaml without a ClusterConfiguration.
 */
export function prepareComponents({ binaries, root, privateIp }: ComponentsInput): Components {
  const configuration = readClusterConfiguration(root);
  const onHost = hostMapping(root, privateIp);
  mkdirSync(join(root, auditFolder), { recursive: true, mode: 0o700 });
  copyMapped(root, kubernetesFolder, onHost.text);
  copyMapped(root, apiServerFolder, onHost.text);
  const component = (name: string, path: string, listed: Listed | undefined): Component => ({
    name,
    path,
    arguments: (listed?.extraArgs ?? []).map(
      (flag) => `--${flag.name}=${onHost.flag(flag.name, flag.value)}`,
    ),
    logPath: join(root, 'var/log/kubernetes', `${name}.log`),
  });
  return {
    apiServer: component('kube-apiserver', binaries.apiServer, configuration.apiServer),
    controllerManager: component(
      'kube-controller-manager',
      binaries.controllerManager,
      configuration.controllerManager,
    ),
    scheduler: component('kube-scheduler', binaries.scheduler, configuration.scheduler),
  };
}

function readClusterConfiguration(root: string): ClusterConfiguration {
  const text = readFileSync(join(root, 'etc/trivet/kubeadm.yaml'), 'utf8');
  for (const document of parseAllDocuments(text)) {
    const value = document.toJS() as ClusterConfiguration | null;
    if (value?.kind === 'ClusterConfiguration') return value;
  }
  throw new RangeError('kubeadm.yaml has no ClusterConfiguration');
}

/** Kubeconfigs and policies: they name paths and hold no secret. */
const namesPaths = /^[a-z-]+\.(?:conf|yaml)$/;

/** Where the copy of such a file is, in which its paths hold on this host. */
const copyOf = (root: string, path: string): string => join(root, 'run/trivet', path);

function copyMapped(root: string, folder: string, map: (text: string) => string): void {
  for (const name of readdirSync(join(root, folder)).filter((entry) => namesPaths.test(entry))) {
    const copy = copyOf(root, `${folder}/${name}`);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, map(readFileSync(join(root, folder, name), 'utf8')), { mode: 0o600 });
  }
}

function hostMapping(root: string, privateIp: string) {
  const loopback = loopbackOf(privateIp);
  const text = (value: string): string => mapIntoMachine(value, root, loopback);
  const isCopied = (value: string): boolean =>
    [kubernetesFolder, apiServerFolder].includes(dirname(value)) &&
    namesPaths.test(value.slice(dirname(value).length + 1));
  return {
    text,
    flag(name: string, value: string): string {
      // etcd's certificate names 127.0.0.1 and the slot's address, and not what stands for localhost here: the same member by its other name.
      if (name === 'etcd-servers') return value.replace('127.0.0.1', privateIp);
      return isCopied(value) ? copyOf(root, value) : text(value);
    },
  };
}

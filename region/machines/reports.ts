import type { DiskFinding } from '../../node/decide-boot.ts';
import { type Marker, type Report, renderReport } from '../../node/protocol.ts';
import { slotPrefix } from './install-node.ts';
import type { KubernetesReport } from './kubernetes-machine.ts';
import type { NodeMachine } from './node-machine.ts';
import type { NodeStore } from './node-store.ts';

export type EtcdReport = Omit<Report, 'instanceId' | 'etcdVersion' | keyof KubernetesReport>;

/** The one report of an instance, which two write: bootstrap.sh of etcd, kubernetes.sh of Kubernetes. */
export interface Reports {
  report(report: EtcdReport): Promise<void>;
  /** Beside what was last reported of etcd. */
  reportKubernetes(report: KubernetesReport): Promise<void>;
}

/** Reports are told on the console and written when they change, one after the other. */
export function createReports(
  { console, etcdVersion, spec, userData }: NodeMachine,
  store: NodeStore,
): Reports {
  const key = `${slotPrefix(userData)}/reports/${spec.instanceId}`;
  let ofEtcd: EtcdReport = { state: 'waiting' };
  let ofKubernetes: KubernetesReport = {};
  let last = '';
  let writing: Promise<unknown> = Promise.resolve();

  const publish = async (line: string): Promise<void> => {
    const text = renderReport({
      instanceId: spec.instanceId,
      ...(etcdVersion && { etcdVersion }),
      ...ofEtcd,
      ...ofKubernetes,
    });
    if (text === last) return;
    last = text;
    console.say(line.trimEnd());
    const write = writing.then(() => store.put(key, text));
    writing = write.catch(() => {});
    await write;
  };

  return {
    report(said) {
      ofEtcd = said;
      return publish(`${said.state} ${said.reason ?? ''}`);
    },
    reportKubernetes(said) {
      ofKubernetes = said;
      return publish(`Kubernetes: ${said.kubernetes} ${said.kubernetesReason ?? ''}`);
    },
  };
}

/** What a report says of the disk. */
export function findings(disk: DiskFinding): Partial<Report> {
  const { marker } = disk;
  return {
    ...(disk.volumeId && { volumeId: disk.volumeId }),
    ...(disk.filesystemUuid && { filesystemUuid: disk.filesystemUuid }),
    ...(marker && marker !== 'unreadable' && markerFindings(marker)),
  };
}

export function markerFindings({ volumeId, ...marker }: Marker): Partial<Report> {
  return { markerVolumeId: volumeId, ...marker };
}

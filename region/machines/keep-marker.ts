import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEtcdClient } from '../../functions/etcd/client.ts';
import type { Marker } from '../../node/protocol.ts';
import type { NodeMachine } from './node-machine.ts';
import { markerFindings, type Reports } from './reports.ts';
import { findDisk, readMarker, writeMarker } from './volumes.ts';

/** marker.sh and its timer: at once when etcd first answers, then each interval, until the machine ends. */
export async function keepMarker(machine: NodeMachine, reports: Reports, volume: string): Promise<void> {
  const { kernel, spec, root, signal, console } = machine;
  const pem = (name: string) => readFileSync(join(root, 'etc/trivet/pki/etcd', name));
  const client = createEtcdClient({
    address: spec.privateIp,
    ca: pem('ca.crt'),
    cert: pem('client.crt'),
    key: pem('client.key'),
  });
  try {
    for (;;) {
      const marker = readMarker(volume);
      if (!marker || marker === 'unreadable')
        return console.say('the marker cannot be read; it is left as it is');
      const update = await nextMarker(marker, client.status(signal));
      if (update) {
        writeMarker(volume, update);
        if (marker.memberId === '0') await reportMember(reports, update, volume);
      }
      const named = (update ?? marker).memberId !== '0';
      await kernel.clock.sleep(named ? machine.markerMilliseconds : machine.pollMilliseconds, signal);
    }
  } finally {
    client.close();
  }
}

/** The marker with what etcd has reached now; undefined while it does not answer, or answers as another member or an older one. */
async function nextMarker(
  marker: Marker,
  asked: Promise<{ header: { clusterId: string; memberId: string }; raftIndex: string }>,
): Promise<Marker | undefined> {
  const status = await asked.catch(() => undefined);
  if (!status) return undefined;
  const { clusterId, memberId } = status.header;
  const same = marker.memberId === '0' || (marker.memberId === memberId && marker.clusterId === clusterId);
  const forward = BigInt(status.raftIndex) >= BigInt(marker.raftIndex);
  return same && forward ? { ...marker, clusterId, memberId, raftIndex: status.raftIndex } : undefined;
}

async function reportMember(reports: Reports, marker: Marker, volume: string): Promise<void> {
  const { filesystemUuid } = findDisk(volume, marker.volumeId);
  await reports.report({
    state: 'started',
    volumeId: marker.volumeId,
    ...(filesystemUuid && { filesystemUuid }),
    ...markerFindings(marker),
  });
}

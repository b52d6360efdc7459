import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEtcdClient, type EtcdClient } from '../../../functions/etcd/client.ts';
import { issueAuthority, issueLeaf, type KeyPair, makeKey } from '../../../functions/pki/issue.ts';
import { wantedLeaves } from '../../../functions/pki/slot-certificates.ts';
import { type Directive, parseReport, type Report, renderDirective } from '../../../node/protocol.ts';
import {
  renderManifest,
  renderNodeFiles,
  renderUserData,
  type SlotNodeInput,
  sha256,
} from '../../../node/render.ts';
import { createKernel } from '../../../region/kernel/create-kernel.ts';
import { AwsError } from '../../../region/kernel/errors.ts';
import type { Kernel, Machine, RequestContext } from '../../../region/kernel/kernel.ts';
import { findEtcd } from '../../../region/machines/find-etcd.ts';
import { createMachines, type LocalMachines } from '../../../region/machines/machines.ts';

/** Three slots with certificates and rendered files in a bucket, and machines that can be launched on them. */
export interface World {
  readonly kernel: Kernel;
  readonly machines: LocalMachines;
  /** The bucket. */
  readonly objects: Map<string, Uint8Array>;
  /** `user id key` of every write. */
  readonly written: string[];
  readonly stateDir: string;
  launch(slot: string, instanceId: string): Machine;
  direct(slot: string, directive: Directive): void;
  report(slot: string, instanceId: string): Report | undefined;
  client(slot: string): EtcdClient;
  form(slot: string, instanceId: string): Directive;
  resume(slot: string, instanceId: string, known: Partial<Directive>): Directive;
  /** The etcd process of an instance. */
  pidOf(instanceId: string): number;
  stop(): Promise<void>;
}

export const slots = ['a', 'b', 'c'] as const;
export const volumeOf = (slot: string): string => `vol-0000000000000000${slot}`;
export const uuidOf = (slot: string): string => `${slot.repeat(8)}-0000-4000-8000-000000000000`;

export async function createWorld(secondOctet: number): Promise<World> {
  const stateDir = mkdtempSync(join(tmpdir(), 'trivet-machines-'));
  const kernel = createKernel({ stateDir });
  const objects = new Map<string, Uint8Array>();
  const written: string[] = [];
  const addressOf = (slot: string): string => `127.${secondOctet}.${slots.indexOf(slot as 'a') + 1}.10`;
  registerServices(kernel, objects, written);
  const client = await putCertificates(objects, addressOf);
  const userData = new Map(
    slots.map((slot) => [slot as string, putFiles(objects, inputOf(slot, addressOf(slot)))]),
  );
  const machines = createMachines(kernel, {
    etcdPath: findEtcd().path,
    pollMilliseconds: 20,
    markerMilliseconds: 100,
  });
  const clients = new Map<string, EtcdClient>();
  const initialCluster = slots.map((slot) => `demo-${slot}=https://${addressOf(slot)}:2380`).join(',');
  const prefix = (slot: string): string => `clusters/demo/slots/${slot}`;
  const common = (slot: string, instanceId: string) => ({
    instanceId,
    generation: 1,
    volumeId: volumeOf(slot),
    filesystemUuid: uuidOf(slot),
  });
  return {
    kernel,
    machines,
    objects,
    written,
    stateDir,
    launch: (slot, instanceId) =>
      machines.launch({
        instanceId,
        privateIp: addressOf(slot),
        zone: `us-east-1${slot}`,
        userData: userData.get(slot) ?? '',
        roleArn: `arn:aws:iam::123456789012:role/trivet/demo/trivet-demo-slot-${slot}`,
      }),
    direct: (slot, directive) =>
      void objects.set(
        `${prefix(slot)}/directives/${directive.instanceId}`,
        Buffer.from(renderDirective(directive)),
      ),
    report: (slot, instanceId) => {
      const body = objects.get(`${prefix(slot)}/reports/${instanceId}`);
      return body && parseReport(Buffer.from(body).toString());
    },
    client: (slot) => {
      const made =
        clients.get(slot) ??
        createEtcdClient({ address: addressOf(slot), ...client, timeoutMilliseconds: 2000 });
      clients.set(slot, made);
      return made;
    },
    form: (slot, instanceId) => ({
      kind: 'form',
      ...common(slot, instanceId),
      initialCluster,
      initialClusterState: 'new',
      initialClusterToken: 'demo-1',
    }),
    resume: (slot, instanceId, known) => ({ kind: 'resume', ...common(slot, instanceId), ...known }),
    pidOf: (instanceId) => {
      const pids = readdirSync(join(stateDir, 'pids'));
      return Number(
        pids.find((pid) => readFileSync(join(stateDir, 'pids', pid), 'utf8') === `${instanceId}\n`),
      );
    },
    stop: async () => {
      for (const made of clients.values()) made.close();
      await machines.stop();
      kernel.clock.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

function inputOf(slot: string, address: string): SlotNodeInput {
  return {
    deployment: 'trivet',
    cluster: 'demo',
    slot,
    region: 'us-east-1',
    bucket: 'trivet-bucket',
    address,
    memberName: `demo-${slot}`,
    etcdVersion: '3.6.14',
    clusterToken: 'demo-1',
  };
}

/** S3 and IAM as far as a machine uses them. */
function registerServices(kernel: Kernel, objects: Map<string, Uint8Array>, written: string[]): void {
  kernel.register({
    id: 's3',
    operations: {
      getObject: ({ Key }: { Key: string }) => {
        const Body = objects.get(Key);
        if (!Body) throw new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404 });
        return { Body };
      },
      putObject: ({ Key, Body }: { Key: string; Body: Uint8Array }, { principal }: RequestContext) => {
        written.push(`${principal.userId} ${Key}`);
        objects.set(Key, Body);
        return {};
      },
    },
  });
  kernel.register({
    id: 'iam',
    operations: {
      getRole: ({ RoleName }: { RoleName: string }) => ({ Role: { RoleName, RoleId: 'AROAEXAMPLE' } }),
    },
  });
}

async function putCertificates(objects: Map<string, Uint8Array>, addressOf: (slot: string) => string) {
  const now = new Date();
  const authorityKey = await makeKey();
  const authority: KeyPair = {
    certificate: await issueAuthority('demo etcd', authorityKey, now),
    key: authorityKey,
  };
  const layouts = slots.map((slot) => ({
    slot,
    zone: `us-east-1${slot}`,
    subnetId: `subnet-${slot}`,
    address: addressOf(slot),
    resourceName: `trivet-demo-slot-${slot}`,
    memberName: `demo-${slot}`,
    filesystemUuid: uuidOf(slot),
    generation: 1,
  }));
  for (const leaf of wantedLeaves('demo', layouts)) {
    const key = await makeKey();
    objects.set(leaf.keyPath, Buffer.from(key));
    objects.set(leaf.certificatePath, Buffer.from(await issueLeaf(authority, leaf.subject, key, now)));
  }
  for (const slot of slots)
    objects.set(`clusters/demo/slots/${slot}/pki/ca.crt`, Buffer.from(authority.certificate));
  const pem = (name: string): string =>
    Buffer.from(objects.get(`clusters/demo/pki/etcd-client/${name}`) ?? '').toString();
  return { ca: authority.certificate, cert: pem('client.crt'), key: pem('client.key') };
}

function putFiles(objects: Map<string, Uint8Array>, input: SlotNodeInput): string {
  const prefix = `clusters/demo/slots/${input.slot}`;
  const files = renderNodeFiles(input);
  const manifest = renderManifest(files);
  for (const file of files) objects.set(`${prefix}/files/${sha256(file.content)}`, Buffer.from(file.content));
  objects.set(`${prefix}/manifests/${manifest.sha256}`, Buffer.from(manifest.text));
  return renderUserData(input, manifest.sha256);
}

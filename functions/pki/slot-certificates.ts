import type { SlotLayout } from '../clusters/contracts.ts';
import { objectKeys } from '../clusters/names.ts';
import type { LeafSubject } from './issue.ts';

/** A cluster's authorities, each for one kind of trust (design §3). Names of files in the bucket, so never changed. */
export const authorityNames = ['etcd-ca', 'kubernetes-ca', 'kubelet-client-ca', 'front-proxy-ca'] as const;
export type AuthorityName = (typeof authorityNames)[number];

/** A leaf certificate that a cluster needs, and where it and its key lie in the bucket. */
export interface WantedLeaf {
  readonly authority: AuthorityName;
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly subject: LeafSubject;
}

/** Where an authority of a cluster lies. Its key is read by ensure-certificates alone, which copies the kubelets' one to the slots. */
export function authorityPaths(cluster: string, name: AuthorityName): { certificate: string; key: string } {
  const { root } = objectKeys(cluster);
  return { certificate: `${root}pki/${name}.crt`, key: `${root}pki/private/${name}.key` };
}

/** Copies of the etcd authority's certificate, beside the leaves of those who trust it. */
export function authorityCopies(cluster: string, slots: readonly SlotLayout[]): string[] {
  const { etcdClient, slot } = objectKeys(cluster);
  return [etcdClient.ca, ...slots.map((each) => `${slot(each.slot)}pki/ca.crt`)];
}

/**
 * Every leaf of a cluster's etcd: server, peer and client of each slot, and the client that Trivet's own tasks use. Pure.
 * Server and peer certificates carry both usages: etcd's gateway is a client of its own server, and a peer is both ends. 127.0.0.1 is
 * in both, for local clients and because peers on one host are seen from there (reference aws-etcd-kubeadm-facts §7.3).
 */
export function wantedLeaves(cluster: string, slots: readonly SlotLayout[]): WantedLeaf[] {
  const { etcdClient } = objectKeys(cluster);
  return [
    {
      authority: 'etcd-ca',
      certificatePath: etcdClient.certificate,
      keyPath: etcdClient.key,
      subject: clientSubject('trivet'),
    },
    ...slots.flatMap((slot) => slotLeaves(cluster, slot)),
  ];
}

function slotLeaves(cluster: string, { slot, address, memberName }: SlotLayout): WantedLeaf[] {
  const member: LeafSubject = {
    commonName: memberName,
    usages: ['serverAuth', 'clientAuth'],
    dnsNames: [memberName, 'localhost'],
    addresses: [address, '127.0.0.1'],
  };
  const leaf = (name: string, subject: LeafSubject): WantedLeaf => {
    const path = `${objectKeys(cluster).slot(slot)}pki/${name}`;
    return { authority: 'etcd-ca', certificatePath: `${path}.crt`, keyPath: `${path}.key`, subject };
  };
  return [
    leaf('server', member),
    leaf('peer', member),
    leaf('client', clientSubject(`${memberName}-client`)),
  ];
}

function clientSubject(commonName: string): LeafSubject {
  return { commonName, usages: ['clientAuth'], dnsNames: [], addresses: [] };
}

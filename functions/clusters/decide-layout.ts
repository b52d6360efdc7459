import { createHash } from 'node:crypto';
import { formatAddress, overlaps, parseAddress, parseCidr } from './addresses.ts';
import type { Layout, Problem, SlotLayout } from './contracts.ts';
import { memberNameOf, slotResourceName } from './names.ts';
import type { ClusterSpec } from './spec-schema.ts';

/** Slots are addressed from this host number upwards: AWS keeps the first four of a subnet, and some are left to people. */
const firstHostNumber = 10;

export interface SubnetFact {
  /** Full zone name, `us-east-1a`. */
  readonly zone: string;
  readonly subnetId: string;
  readonly cidr: string;
  /** Addresses that something other than this cluster's slots holds or was promised. */
  readonly usedAddresses: readonly string[];
}

export interface LayoutObservation {
  readonly deployment: string;
  readonly region: string;
  readonly spec: ClusterSpec;
  readonly subnets: readonly SubnetFact[];
  readonly vpcCidrs: readonly string[];
  /** The layout in the registry, if the cluster was ever recorded. */
  readonly recorded?: Layout | undefined;
  /** Slots whose network interface exists, so that their address is fixed for good. */
  readonly builtSlots: readonly string[];
  /** Uid for a cluster that is not recorded yet: randomness comes from outside. */
  readonly freshUid: string;
}

export type LayoutDecision =
  | { readonly layout: Layout; readonly problems?: undefined }
  | { readonly layout?: undefined; readonly problems: readonly Problem[] };

/**
 * Decides where a cluster lies. What is recorded stays; only a slot that was never built gives way when its address was taken meanwhile.
 */
export function decideLayout(observation: LayoutObservation): LayoutDecision {
  const { deployment, region, spec, recorded, freshUid } = observation;
  const clusterUid = recorded?.clusterUid ?? freshUid;
  const generation = recorded?.generation ?? 1;
  const problems = rangeProblems(observation);
  const slots: SlotLayout[] = [];
  for (const [index, letter] of spec.zones.entries()) {
    const place = placeSlot(observation, letter);
    if (place.problem !== undefined) {
      problems.push({ path: `zones[${index}]`, ...place });
      continue;
    }
    const before = recorded?.slots.find((slot) => slot.slot === letter);
    const slotGeneration = before?.generation ?? generation;
    slots.push({
      slot: letter,
      zone: `${region}${letter}`,
      subnetId: place.subnetId,
      address: place.address,
      resourceName: slotResourceName(deployment, spec.name, letter),
      memberName: memberNameOf(spec.name, letter),
      filesystemUuid: before?.filesystemUuid ?? uuidOf(`${clusterUid}/${letter}/${slotGeneration}`),
      generation: slotGeneration,
    });
  }
  if (problems.length > 0) return { problems };
  slots.sort((left, right) => (left.slot < right.slot ? -1 : 1));
  return {
    layout: {
      cluster: spec.name,
      clusterUid,
      generation,
      initialClusterToken: `${clusterUid}-${generation}`,
      initialCluster: slots.map((slot) => `${slot.memberName}=https://${slot.address}:2380`).join(','),
      slots,
    },
  };
}

type Place =
  | { readonly subnetId: string; readonly address: string; readonly problem?: undefined }
  | { readonly problem: string; readonly fix: string };

function placeSlot({ region, subnets, recorded, builtSlots }: LayoutObservation, letter: string): Place {
  const zone = `${region}${letter}`;
  const inZone = subnets
    .filter((subnet) => subnet.zone === zone)
    .sort((left, right) => (left.subnetId < right.subnetId ? -1 : 1));
  const before = recorded?.slots.find((slot) => slot.slot === letter);
  const home = inZone.find((subnet) => subnet.subnetId === before?.subnetId);
  const stays = before && (builtSlots.includes(letter) || !home?.usedAddresses.includes(before.address));
  if (before && home && stays) return { subnetId: before.subnetId, address: before.address };
  for (const subnet of inZone) {
    const address = lowestFree(subnet);
    if (address !== undefined) return { subnetId: subnet.subnetId, address };
  }
  if (inZone.length > 0)
    return { problem: `no address is free in the subnets of ${zone}`, fix: 'free one, or use another zone' };
  const letters = [...new Set(subnets.map((subnet) => subnet.zone.slice(region.length)))].sort();
  return {
    problem: `the deployment has no subnet in ${zone}`,
    fix: `choose from its zones: ${letters.join(', ')}`,
  };
}

function lowestFree({ cidr, usedAddresses }: SubnetFact): string | undefined {
  const range = parseCidr(cidr);
  if (!range) return undefined;
  const used = new Set(usedAddresses.map(parseAddress));
  // The last address of a subnet is its broadcast address, which AWS keeps.
  for (let host = firstHostNumber; host < range.size - 1; host += 1)
    if (!used.has(range.first + host)) return formatAddress(range.first + host);
  return undefined;
}

/** Pods and services must not hide addresses of the VPC. */
function rangeProblems({ spec, vpcCidrs }: LayoutObservation): Problem[] {
  return (['podCidr', 'serviceCidr'] as const).flatMap((field) => {
    const range = parseCidr(spec.network[field]);
    const hit = vpcCidrs.find((cidr) => {
      const vpc = parseCidr(cidr);
      return range && vpc && overlaps(range, vpc);
    });
    if (hit === undefined) return [];
    const problem = `${spec.network[field]} overlaps the VPC’s ${hit}, whose addresses would be out of reach`;
    return [{ path: `network.${field}`, problem, fix: 'choose a range outside the VPC' }];
  });
}

/** A UUID (RFC 9562, version 8) that is the same whenever it is made from the same text. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

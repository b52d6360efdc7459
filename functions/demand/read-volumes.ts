import { hostnameKey, type LabelRequirement, type NodeTerm, zoneKey } from '../scheduling/model.ts';
import type {
  Claim,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  StorageClass,
  Surroundings,
  Volume,
} from './kubernetes-objects.ts';

/** A volume's zones as alternatives; absent where it can be anywhere. Or why no node brings the pod further. */
export type VolumePlace = { readonly terms?: readonly NodeTerm[] } | { readonly stuck: string };

/** EBS's driver has a name of its own for the zone, which only nodes that run it have: to a node that is to be launched it is the zone. */
const zoneKeys = new Set([
  'topology.ebs.csi.aws.com/zone',
  'failure-domain.beta.kubernetes.io/zone',
  zoneKey,
]);

/** Where each of a pod's claims can be. Pure. */
export function readVolumePlaces({ metadata, spec }: Pod, around: Surroundings): VolumePlace[] {
  return claimNames(metadata.name, spec).map((name) => {
    const claim = around.claims.get(`${metadata.namespace ?? 'default'}/${name}`);
    return claim ? placeOf(claim, around) : { stuck: `its claim ${name} does not exist` };
  });
}

/** Names of the claims that a pod waits for, those that are made for it alone among them. Pure. */
export function claimNames(pod: string, spec: PodSpec = {}): string[] {
  return (spec.volumes ?? []).flatMap(({ ephemeral, name, persistentVolumeClaim }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName];
    return ephemeral ? [`${pod}-${name}`] : [];
  });
}

function placeOf({ metadata, spec = {} }: Claim, { volumes, storageClasses }: Surroundings): VolumePlace {
  if (spec.volumeName) {
    const volume = volumes.get(spec.volumeName);
    return volume
      ? { terms: termsOfVolume(volume) }
      : { stuck: `its volume ${spec.volumeName} does not exist` };
  }
  const storageClass = storageClasses.get(spec.storageClassName ?? '');
  if (!storageClass) return { stuck: `its claim ${metadata.name} names no storage class that there is` };
  if (storageClass.volumeBindingMode !== 'WaitForFirstConsumer')
    return { stuck: `its claim ${metadata.name} is not bound yet` };
  return { terms: termsOfClass(storageClass) };
}

function termsOfVolume({ metadata, spec }: Volume): readonly NodeTerm[] {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms;
  if (terms) return readRequiredTerms(terms);
  // Volumes from before drivers said where they are have the zone as a label, several of them joined by two underscores.
  const zone = [...zoneKeys].flatMap((key) => metadata.labels?.[key] ?? [])[0];
  return zone === undefined ? [] : [[{ key: zoneKey, operator: 'In', values: zone.split('__') }]];
}

function termsOfClass({ allowedTopologies = [] }: StorageClass): NodeTerm[] {
  return allowedTopologies.map(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.map(
      ({ key, values }): LabelRequirement => ({ key: keyOf(key), operator: 'In', values }),
    ),
  );
}

function keyOf(key: string): string {
  return zoneKeys.has(key) ? zoneKey : key;
}

/** Met by no node. */
const nowhere: readonly NodeTerm[] = [[{ key: hostnameKey, operator: 'In', values: [] }]];

/** As `readTerms`, where one must hold: of no alternative that asks for something, none does. Pure. */
export function readRequiredTerms(terms: readonly NodeSelectorTerm[]): readonly NodeTerm[] {
  const read = readTerms(terms);
  return read.length > 0 ? read : nowhere;
}

/** Alternatives of node selector terms; a term that asks for nothing is met by no node. Pure. */
export function readTerms(terms: readonly NodeSelectorTerm[]): NodeTerm[] {
  return terms
    .map(
      ({ matchExpressions = [], matchFields = [] }): NodeTerm => [
        ...matchExpressions.map((one) => ({ ...one, key: keyOf(one.key) })),
        // The one field is the node's name, which is its host name here.
        ...matchFields.map((one) => ({ ...one, key: hostnameKey })),
      ],
    )
    .filter((term) => term.length > 0);
}

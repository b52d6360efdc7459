/**
 * Carries out `form` or `resume`: attaches the slot's volume to the new instance and writes its directive, exactly as decided.
 *
 * Safe to repeat: a volume that is attached there already and a directive that says the same are done; the lease is checked immediately
 * before each effect (S14), a volume that another instance holds is never taken (S6), and EC2 itself refuses a second attachment.
 */
import type { Directive } from '../../node/protocol.ts';
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { makeSlotHolders, type SlotHolders } from '../aws/slot-holders.ts';
import { objectKeys } from '../clusters/names.ts';
import { assertLease } from '../leases/assert-lease.ts';
import {
  DirectiveConflict,
  ForeignResource,
  InputInvalid,
  SlotNotReady,
  VolumeFailed,
  VolumeInUse,
} from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { directSlot, type SlotDecision } from './contracts.ts';
import { writtenDirective } from './node-messages.ts';

export interface DirectSlotDeps {
  readonly registry: Registry;
  readonly objects: Objects;
  readonly holders: SlotHolders;
}

export const handler = task(
  directSlot,
  (config): DirectSlotDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    holders: makeSlotHolders(config),
  }),
  async ({ lease, cluster, slot, decision }, deps, { signal }) => {
    const directive = directiveOf(decision);
    const key = objectKeys(cluster).directive(slot, directive.instanceId);
    const text = writtenDirective(key, directive as Directive);
    await refuseForeign(deps.holders, cluster, directive, signal);
    await assertLease(deps.registry, lease, signal);
    const outcome = await deps.holders.attach(directive.volumeId, directive.instanceId, signal);
    if (outcome === 'missing')
      throw new VolumeFailed(`EC2 knows no ${directive.volumeId} or no ${directive.instanceId}`);
    if (outcome === 'in-use')
      throw new VolumeInUse(`${directive.volumeId} is attached to another instance (S6)`);
    if (outcome === 'not-running') throw new SlotNotReady(`${directive.instanceId} is not running yet`);
    await assertLease(deps.registry, lease, signal);
    const directed = await writeDirective(deps.objects, key, text, signal);
    return { attached: outcome === 'attached', directed };
  },
);

function directiveOf(decision: SlotDecision) {
  if (decision.directive) return decision.directive;
  throw new InputInvalid(`the decision ${decision.action} carries no directive`);
}

/** S20: neither end of the attachment may be another cluster's. */
async function refuseForeign(
  holders: SlotHolders,
  cluster: string,
  directive: { readonly volumeId: string; readonly instanceId: string },
  signal: AbortSignal,
): Promise<void> {
  const [volumes, instances] = await Promise.all([
    holders.volumes([directive.volumeId], signal),
    holders.instances([directive.instanceId], signal),
  ]);
  for (const resource of [...volumes, ...instances]) {
    if (resource.clusterTag === cluster) continue;
    const id = 'volumeId' in resource ? resource.volumeId : resource.instanceId;
    throw new ForeignResource(
      `${id} is tagged trivet:cluster=${resource.clusterTag ?? '(none)'}, not ${cluster}`,
    );
  }
}

/**
 * Writes the directive for this instance. One that says something else may be replaced only while the node has not started: it refused
 * the first one, and looks again.
 */
async function writeDirective(
  objects: Objects,
  key: string,
  text: string,
  signal: AbortSignal,
): Promise<boolean> {
  const present = await objects.get(key, signal);
  if (!present) {
    await objects.put(key, text, { ifNoneMatch: true }, signal);
    return true;
  }
  if (new TextDecoder().decode(present.body) === text) return false;
  const report = await objects.get(key.replace('/directives/', '/reports/'), signal);
  const refused = report !== undefined && /^state=refused$/m.test(new TextDecoder().decode(report.body));
  if (!refused) throw new DirectiveConflict(`${key} holds another directive, which the node has not refused`);
  await objects.put(key, text, { ifMatch: present.etag }, signal);
  return true;
}

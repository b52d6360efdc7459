/**
 * Makes a slot's network interface with its fixed address and records it.
 *
 * Safe to repeat: the interface at the slot's address is the slot's, or a stranger's and refused; a lost reply of its creation is met by
 * the client token, a lost record by finding it again.
 */
import { createHash } from 'node:crypto';
import { type InterfaceFact, makeNetworks, type Networks } from '../aws/networks.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { task } from '../runtime/task.ts';
import { openCluster, requireSlot } from './acting.ts';
import { ensureNetworkInterface } from './contracts.ts';
import { decideInterface, findInterface, wantedInterface } from './decide-network-interface.ts';
import { assertOwn } from './ownership.ts';

export interface NetworkInterfaceDeps {
  readonly registry: Registry;
  readonly networks: Networks;
}

export const handler = task(
  ensureNetworkInterface,
  (config): NetworkInterfaceDeps => ({ registry: makeRegistry(config), networks: makeNetworks(config) }),
  async (input, { registry, networks }, { config, signal, log }) => {
    const { cluster, slot, securityGroupId } = input;
    const { record, owner, act } = await openCluster(registry, input, config.deployment, signal);
    const slotRecord = await requireSlot(registry, cluster, slot.slot, signal);
    const slotOwner = { ...owner, slot: slot.slot };
    const wanted = wantedInterface(owner, record.spec, slot, securityGroupId);
    const found = findInterface(await networks.interfaces([slot.subnetId], signal), slot);
    if (found) assertOwn(`${found.networkInterfaceId}, which has ${slot.address},`, found.tags, slotOwner);
    const steps = decideInterface(wanted, found);
    let networkInterface: InterfaceFact | undefined = found;
    for (const step of steps)
      await act(async () => {
        if (step.step === 'create') {
          const identity = `${record.layout.clusterUid}/${slot.slot}/${slot.address}`;
          const clientToken = createHash('sha256').update(identity).digest('hex');
          networkInterface = await networks.createInterface({ ...wanted, clientToken }, signal);
        } else if (networkInterface && step.step === 'groups')
          await networks.setInterfaceGroups(networkInterface, wanted.securityGroupIds, slotOwner, signal);
        else if (networkInterface && step.step === 'tag') {
          const { networkInterfaceId: id, tags } = networkInterface;
          await networks.tag({ id, tags }, step.tags, slotOwner, signal);
        }
      });
    const networkInterfaceId = networkInterface?.networkInterfaceId ?? '';
    const recorded = slotRecord.networkInterfaceId === networkInterfaceId;
    if (!recorded)
      await act(() => registry.updateSlot(cluster, slot.slot, { networkInterfaceId }, {}, signal));
    const changed = steps.length > 0 || !recorded;
    if (changed) log.info('changed', { networkInterfaceId, changes: steps.map((step) => step.reason) });
    return { networkInterfaceId, changed };
  },
);

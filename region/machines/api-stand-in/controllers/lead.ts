import { type ApiObject, at, textOf } from '../json.ts';
import { prepareCreate } from '../prepare.ts';
import { resourceOf } from '../resources.ts';
import { StatusError } from '../status-error.ts';
import type { Controllers } from './run.ts';

const leases = resourceOf('leases');
const namespace = 'kube-system';
const name = 'trivet-standin-controllers';

/**
 * One runner per cluster, by a Lease as kube-controller-manager's: whoever holds it renews it, and another takes it once it has not changed
 * for its duration by his own clock. Each call is one try; true for the holder.
 */
export function createElection({ identity, now, store }: Controllers, durationMilliseconds: number) {
  let seen: { version: string; at: number } = { version: '', at: 0 };
  return async (): Promise<boolean> => {
    const found = await store.get(leases, namespace, name);
    const spec = (since: unknown) => ({
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMilliseconds / 1000),
      acquireTime: since,
      renewTime: microTime(now()),
    });
    try {
      if (!found) {
        const metadata = { name, namespace };
        const fresh = {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata,
          spec: spec(microTime(now())),
        };
        await store.create(leases, prepareCreate(leases, fresh, now()));
        return true;
      }
      const version = found.metadata.resourceVersion ?? '';
      if (seen.version !== version) seen = { version, at: now().getTime() };
      const own = textOf(at(found, 'spec', 'holderIdentity')) === identity;
      if (!own && now().getTime() - seen.at <= durationMilliseconds) return false;
      const since = own ? at(found, 'spec', 'acquireTime') : microTime(now());
      const renewed = await store.change(leases, namespace, name, (current) =>
        mine(current, version, spec(since)),
      );
      return textOf(at(renewed, 'spec', 'holderIdentity')) === identity;
    } catch (error) {
      // Another was faster.
      if (error instanceof StatusError && error.code === 409) return false;
      throw error;
    }
  };
}

/** To the microsecond, as leases have it. */
const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');

function mine(current: ApiObject, version: string, spec: object): ApiObject {
  return current.metadata.resourceVersion === version ? { ...current, spec } : current;
}

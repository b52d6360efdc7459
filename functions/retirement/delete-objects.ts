/**
 * Deletes what a cluster has in the deployment's buckets, with all versions: keys and certificates, node files, directives and reports,
 * observations, and the public documents of its issuer.
 *
 * Safe to repeat: what is gone is not listed any more. One run deletes so much as fits into its time; the next look tells what is left.
 */
import { makeOwnedObjects, type OwnedObjects } from '../aws/owned-objects.ts';
import { makeRegistry } from '../aws/registry.ts';
import type { ObjectPlace } from '../clusters/ownership.ts';
import { InputInvalid } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { deleteObjects } from './contracts.ts';
import { openRetirement, type RetirementDeps } from './open-retirement.ts';

interface Deps extends RetirementDeps {
  readonly ownedObjects: OwnedObjects;
}

/** No further thousand is begun after so much of the task's time. */
const secondsMax = 30;

export const handler = task(
  deleteObjects,
  (config): Deps => ({ registry: makeRegistry(config), ownedObjects: makeOwnedObjects(config) }),
  async (input, deps, { clock, config, signal, log }) => {
    const { act, owner } = await openRetirement(deps, input, config.deployment, signal);
    const until = clock.now().getTime() + secondsMax * 1000;
    let deleted = 0;
    for (const place of input.ids.map(readPlace)) {
      let more = true;
      while (more && clock.now().getTime() < until) {
        const page = await deps.ownedObjects.versions(place, signal);
        const { versions } = page;
        if (versions.length > 0) await act(() => deps.ownedObjects.remove(place, versions, owner, signal));
        deleted += versions.length;
        more = page.more;
      }
    }
    log.info('deleted', { ids: input.ids, deleted });
    return { settled: true, reason: `${deleted} versions deleted` };
  },
);

/** A place as the observation names it, `s3://bucket/prefix/`. */
function readPlace(id: string): ObjectPlace {
  const match = /^s3:\/\/([^/]+)\/(.+\/)$/.exec(id);
  if (!match?.[1] || !match[2]) throw new InputInvalid(`delete-objects: ${id} is no folder of a bucket`);
  return { bucket: match[1], prefix: match[2] };
}

import { deleteObject } from './deletion.ts';
import { evictPod } from './eviction.ts';
import type { ApiObject } from './json.ts';
import { objectOf } from './json.ts';
import {
  type Answer,
  type Call,
  createObject,
  getObject,
  listObjects,
  parseBody,
  patchObject,
  serveList,
  updateObject,
} from './objects.ts';
import { methodNotAllowed } from './status-error.ts';
import { bindPod, serveScale } from './subresources.ts';

/** Does what is asked, whoever asks: that he may was decided before. Throws StatusError. */
export async function serveObjects(call: Call): Promise<Answer> {
  const { subresource, verb } = call.asked;
  if (subresource === 'scale') return serveScale(call);
  if (subresource === 'binding') return bindPod(call);
  if (subresource === 'eviction') return evictPod(call);
  switch (verb) {
    case 'get':
      return { status: 200, body: await getObject(call) };
    case 'list':
      return { status: 200, body: await serveList(call) };
    case 'create':
      return createNamed(call);
    case 'update':
      return updateObject(call);
    case 'patch':
      return patchObject(call);
    case 'delete':
      return { status: 200, body: await deleteOne(call) };
    case 'deletecollection':
      return { status: 200, body: await deleteAll(call) };
    default:
      throw methodNotAllowed(verb);
  }
}

/** An object in a namespace is made there, not in a list of all of them. */
function createNamed(call: Call): Promise<Answer> {
  const { namespace, resource } = call.asked;
  if (resource.namespaced && namespace === undefined)
    throw methodNotAllowed(`create ${resource.plural} without a namespace`);
  return createObject(call);
}

function optionsOf(call: Call): ReturnType<typeof objectOf> {
  const given = call.body.length === 0 ? {} : objectOf(parseBody(call));
  const grace = call.asked.query.get('gracePeriodSeconds');
  return grace === null ? given : { gracePeriodSeconds: Number(grace), ...given };
}

const deleteOne = (call: Call): Promise<object> => deleteObject({ ...call, options: optionsOf(call) });

async function deleteAll(call: Call): Promise<object> {
  const { asked } = call;
  const list = await listObjects(call);
  const options = optionsOf(call);
  for (const { metadata } of list.items as readonly ApiObject[]) {
    const one = {
      ...asked,
      verb: 'delete' as const,
      name: metadata.name ?? '',
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    };
    // One that somebody else has deleted meanwhile is what was wanted.
    await deleteObject({ ...call, asked: one, options }).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 404)) throw error;
    });
  }
  return list;
}

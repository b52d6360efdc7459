import { randomBytes, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type ApiObject,
  at,
  isObject,
  type Json,
  objectOf,
  secondsTime,
  withAt,
  withoutNulls,
} from './json.ts';
import { keepsStatus, kindOf, type Problem, required, wrong } from './kinds.ts';
import type { Asked } from './request.ts';
import { groupVersionOf, type Resource } from './resources.ts';
import { badRequest, conflict, invalid, modified } from './status-error.ts';

type Place = Pick<Asked, 'resource' | 'namespace' | 'name'>;

/** A body as an object of the kind and at the place that the path says. Throws StatusError 400. Pure. */
export function readObject(body: unknown, { name, namespace, resource }: Place): ApiObject {
  if (!isObject(body))
    throw badRequest('the body of the request was in an unknown format: it is no JSON object');
  const { apiVersion = groupVersionOf(resource), kind = resource.kind, metadata } = body;
  if (apiVersion !== groupVersionOf(resource) || kind !== resource.kind)
    throw badRequest(
      `${String(kind)} in version "${String(apiVersion)}" cannot be handled as a ${resource.kind} of ${groupVersionOf(resource)}`,
    );
  const given = objectOf(withoutNulls(metadata));
  if (name !== undefined && given.name !== undefined && given.name !== name)
    throw badRequest(
      `the name of the object (${String(given.name)}) does not match the name on the URL (${name})`,
    );
  if (namespace !== undefined && given.namespace !== undefined && given.namespace !== namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  return {
    ...objectOf(withoutNulls(body)),
    apiVersion,
    kind,
    metadata: {
      ...given,
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
    },
  };
}

/** A new object as it is stored. Throws StatusError 422. */
export function prepareCreate(resource: Resource, given: ApiObject, now: Date): ApiObject {
  const {
    deletionTimestamp: _,
    deletionGracePeriodSeconds: __,
    resourceVersion,
    ...metadata
  } = given.metadata;
  if (resourceVersion !== undefined && resourceVersion !== '')
    throw badRequest('resourceVersion should not be set on objects to be created');
  const name = metadata.name ?? (metadata.generateName && `${metadata.generateName}${suffix()}`);
  const kind = kindOf(resource.kind);
  const { status: _status, ...rest } = given;
  const stripped = resource.subresources.includes('status') && !keepsStatus(resource.kind) ? rest : given;
  const fresh: ApiObject = {
    ...stripped,
    apiVersion: given.apiVersion,
    kind: given.kind,
    metadata: {
      ...metadata,
      ...(name !== undefined && { name }),
      uid: randomUUID(),
      creationTimestamp: secondsTime(now),
      ...(resource.generation && { generation: 1 }),
    },
  };
  const object = withDefaults(kind.begin?.(fresh) ?? fresh);
  refuse(resource, object, [...nameProblems(resource, object), ...(kind.problems?.(object) ?? [])]);
  return object;
}

const withDefaults = (object: ApiObject): ApiObject => kindOf(object.kind).defaults?.(object) ?? object;

/** Five characters, of those that Kubernetes takes: no vowels, and nothing that is read as something else. */
const suffix = (): string =>
  [...randomBytes(5)].map((byte) => 'bcdfghjklmnpqrstvwxz2456789'[byte % 27]).join('');

/**
 * The next version of an object from what a client has sent for it. Server's fields stay, the spec moves only by the object itself and the
 * status only by its subresource; the same object comes back where nothing changes. Throws StatusError 409 or 422.
 */
export function prepareUpdate(
  { resource, subresource }: Pick<Asked, 'resource' | 'subresource'>,
  current: ApiObject,
  given: ApiObject,
): ApiObject {
  const name = current.metadata.name ?? '';
  const { resourceVersion, uid } = given.metadata;
  if (uid !== undefined && uid !== current.metadata.uid)
    throw conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
    );
  if (
    resourceVersion !== undefined &&
    resourceVersion !== '' &&
    resourceVersion !== current.metadata.resourceVersion
  )
    throw modified(resource, name);
  const next = withServerFields(resource, current, withOwnPart({ resource, subresource }, current, given));
  if (isDeepStrictEqual(next, current)) return current;
  refuse(resource, next, kindOf(resource.kind).problems?.(next, current) ?? []);
  return next;
}

/** A subresource changes its own part alone; the object itself everything but its status. */
function withOwnPart(
  { resource, subresource }: { resource: Resource; subresource?: Asked['subresource'] },
  current: ApiObject,
  given: ApiObject,
): ApiObject {
  if (subresource === undefined) {
    const whole = withDefaults(given);
    return resource.subresources.includes('status') ? withAt(whole, ['status'], current.status) : whole;
  }
  if (subresource === 'approval') {
    const conditions = at(given, 'status', 'conditions');
    return withAt(current, ['status', 'conditions'], conditions);
  }
  if (subresource === 'finalize') return withAt(current, ['spec'], given.spec);
  // Kubelets label their nodes through the status, too.
  const { annotations, labels } = resource.kind === 'Node' ? given.metadata : current.metadata;
  const kept = withAt(
    withAt(current, ['metadata', 'labels'], labels),
    ['metadata', 'annotations'],
    annotations,
  );
  const status = objectOf(given.status);
  // Who approved a request is not for the status to say.
  const approved = resource.kind === 'CertificateSigningRequest' && {
    conditions: at(given, 'status', 'conditions') ?? at(current, 'status', 'conditions'),
  };
  return withAt(kept, ['status'], { ...status, ...approved });
}

const serverFields = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'resourceVersion',
  'generation',
  'name',
  'namespace',
  'generateName',
];

function withServerFields(resource: Resource, current: ApiObject, next: ApiObject): ApiObject {
  const kept = Object.fromEntries(
    serverFields.flatMap((field) =>
      current.metadata[field] === undefined ? [] : [[field, current.metadata[field]]],
    ),
  );
  const free = Object.entries(next.metadata).filter(([field]) => !serverFields.includes(field));
  const metadata = withManagers({ ...Object.fromEntries(free), ...kept }, current);
  const moved = resource.generation && !isDeepStrictEqual(next.spec, current.spec);
  const generation = (current.metadata.generation ?? 0) + 1;
  return { ...next, metadata: moved ? { ...metadata, generation } : metadata };
}

/** A client that says nothing of managers leaves them; an empty list takes them away. */
function withManagers(metadata: Json, current: ApiObject): Json {
  const managers = metadata.managedFields ?? current.metadata.managedFields;
  return managers === undefined ? metadata : { ...metadata, managedFields: managers };
}

const subdomain = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

function nameProblems({ namespaced, pathNames }: Resource, { metadata }: ApiObject): Problem[] {
  const { name, namespace } = metadata;
  if (name === undefined || name === '')
    return [required('metadata.name', 'name or generateName is required')];
  const fits = pathNames
    ? !/[/%]/.test(name) && name !== '.' && name !== '..'
    : subdomain.test(name) && name.length <= 253;
  return [
    ...(fits ? [] : [wrong('metadata.name', name, pathNames ? "may not contain '/' or '%'" : subdomainRule)]),
    ...(namespaced || namespace === undefined
      ? []
      : [wrong('metadata.namespace', namespace, 'not allowed on this type')]),
  ];
}

function refuse(resource: Resource, object: ApiObject, problems: readonly Problem[]): void {
  if (problems.length > 0) throw invalid(resource, object.metadata.name ?? '', problems);
}

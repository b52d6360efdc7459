import type { Resource } from './resources.ts';

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

interface Details {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** A refusal or failure that is answered with Kubernetes' own `Status`: code, reason and, where it helps, details. */
export class StatusError extends Error {
  override readonly name = 'StatusError' as const;
  readonly code: number;
  readonly reason: string;
  readonly details: Details | undefined;

  constructor(code: number, reason: string, message: string, details?: Details) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The body of the answer. */
  get status(): object {
    const { code, details, message, reason } = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details && { details }),
      code,
    };
  }
}

type Named = Pick<Resource, 'group' | 'plural'>;

/** `deployments.apps`, as messages name a resource. */
const qualified = ({ group, plural }: Named): string => (group === '' ? plural : `${plural}.${group}`);

function about({ group, plural }: Named, name: string, more: Details = {}): Details {
  return { ...(name && { name }), ...(group && { group }), kind: plural, ...more };
}

export function notFound(resource: Named, name: string): StatusError {
  return new StatusError(
    404,
    'NotFound',
    `${qualified(resource)} "${name}" not found`,
    about(resource, name),
  );
}

/** Nothing under this path: said by name, since an empty answer would be believed. */
export function unknownPath(what: string): StatusError {
  return new StatusError(
    404,
    'NotFound',
    `the server could not find the requested resource: the API stand-in does not serve ${what}`,
  );
}

export function methodNotAllowed(what: string): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    `the server does not allow this method on the requested resource: ${what}`,
  );
}

export function alreadyExists(resource: Named, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${qualified(resource)} "${name}" already exists`,
    about(resource, name),
  );
}

export function conflict(resource: Named, name: string, why: string, causes?: readonly Cause[]): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, about(resource, name, causes && { causes }));
}

/** A client's resourceVersion is not the newest any more. */
export function modified(resource: Named, name: string): StatusError {
  return conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

/** A field that cannot be so. `reason` is FieldValueRequired, FieldValueInvalid or FieldValueForbidden. */
export function invalid(
  { group, kind }: Pick<Resource, 'group' | 'kind'>,
  name: string,
  causes: readonly Required<Cause>[],
): StatusError {
  const told = causes.map(({ field, message }) => `${field}: ${message}`);
  const joined = told.length === 1 ? told[0] : `[${told.join(', ')}]`;
  const qualifiedKind = group === '' ? kind : `${kind}.${group}`;
  return new StatusError(422, 'Invalid', `${qualifiedKind} "${name}" is invalid: ${joined}`, {
    ...(name && { name }),
    ...(group && { group }),
    kind,
    causes,
  });
}

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message);

export function forbidden(resource: Named, name: string, why: string): StatusError {
  const named = name === '' ? qualified(resource) : `${qualified(resource)} "${name}"`;
  return new StatusError(403, 'Forbidden', `${named} is forbidden: ${why}`, about(resource, name));
}

export const unauthorized = (): StatusError => new StatusError(401, 'Unauthorized', 'Unauthorized');

export function tooManyRequests(
  message: string,
  retryAfterSeconds: number,
  causes: readonly Cause[],
): StatusError {
  return new StatusError(429, 'TooManyRequests', message, {
    causes,
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
  });
}

/** A list or watch from before what etcd has kept: the client lists anew. */
export const expired = (): StatusError =>
  new StatusError(
    410,
    'Expired',
    'The resourceVersion for the provided list or watch is too old: its history has been compacted.',
  );

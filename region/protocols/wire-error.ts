import { AwsError } from '../kernel/errors.ts';
import type { ServiceCatalog } from './catalog.ts';
import type { ProtocolName } from './definitions.ts';
import type { WireError } from './protocol.ts';
import { traitsOf } from './shape.ts';

/** What services call "not allowed", and with which status, by protocol. */
const accessDenied: Readonly<Record<ProtocolName, readonly [string, number]>> = {
  ec2Query: ['UnauthorizedOperation', 403],
  awsQuery: ['AccessDenied', 403],
  'awsJson1.0': ['AccessDeniedException', 400],
  'awsJson1.1': ['AccessDeniedException', 400],
  restJson: ['AccessDeniedException', 403],
  restXml: ['AccessDenied', 403],
};

/** What services call a request whose values do not fit their types. */
const malformedCodes: Readonly<Record<ProtocolName, string>> = {
  ec2Query: 'InvalidParameterValue',
  awsQuery: 'MalformedInput',
  'awsJson1.0': 'SerializationException',
  'awsJson1.1': 'SerializationException',
  restJson: 'SerializationException',
  restXml: 'InvalidArgument',
};

/** Statuses of S3's codes; its schema gives them for few. */
const s3Statuses: Readonly<Record<string, number>> = {
  BucketAlreadyExists: 409,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  InvalidRange: 416,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchBucketPolicy: 404,
  NoSuchKey: 404,
  NoSuchLifecycleConfiguration: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotFound: 404,
  NotModified: 304,
  OperationAborted: 409,
  PreconditionFailed: 412,
};

/** Lambda's validation and S3's own have no place here: services throw those codes themselves. */
function translate(protocol: ProtocolName, error: AwsError): { code: string; status: number | undefined } {
  if (error.code === 'AccessDenied') {
    const [code, status] = accessDenied[protocol];
    return { code, status };
  }
  const status = error.status === 400 ? undefined : error.status;
  if (error.code === 'SerializationException') return { code: malformedCodes[protocol], status };
  return { code: error.code, status };
}

/**
 * Completes what a service threw from the schema of the error: wire code, shape name, status, fault. A status other than 400 that the
 * service gave wins over the schema's. What is not an AwsError is a fault of the region: InternalFailure, 500, with its message.
 */
export function wireErrorOf(catalog: ServiceCatalog, thrown: unknown): WireError {
  const { protocol, id } = catalog.definition;
  if (!(thrown instanceof AwsError)) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return {
      code: 'InternalFailure',
      shapeName: 'InternalFailure',
      message: `The embedded region failed: ${message}`,
      status: 500,
      fault: 'server',
      members: {},
      shape: undefined,
    };
  }
  const { code, status: given } = translate(protocol, thrown);
  const shape = catalog.findError(code);
  const traits = shape ? traitsOf(shape) : {};
  const query = traits.awsQueryError;
  const modelled =
    (protocol === 'awsQuery' ? query?.[1] : undefined) ??
    traits.httpError ??
    (traits.error === 'server' ? 500 : undefined);
  const status = given ?? modelled ?? (id === 's3' ? s3Statuses[code] : undefined) ?? 400;
  return {
    code: query?.[0] ?? code,
    shapeName: shape?.getName() ?? code,
    message: thrown.message,
    status,
    fault: status >= 500 ? 'server' : 'client',
    members: thrown.members,
    shape,
  };
}

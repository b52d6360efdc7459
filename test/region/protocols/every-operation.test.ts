import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../region/kernel/errors.ts';
import type { ServiceId } from '../../../region/kernel/kernel.ts';
import { loadCatalog, type OperationSchema } from '../../../region/protocols/catalog.ts';
import { definitions, type ServiceDefinition } from '../../../region/protocols/definitions.ts';
import { createRequestHandler } from '../../../region/protocols/in-process.ts';
import { isRecord, membersOf, type Shape, shapeOf } from '../../../region/protocols/shape.ts';
import { createDoor, type Door, play } from './doors.ts';
import { createSource, firstDifference, generateValue, type Source } from './generate-value.ts';

interface AnyClient {
  send(command: unknown): Promise<Record<string, unknown>>;
}
type Constructor<T> = new (input: unknown) => T;

const hasEventStream = (shape: Shape): boolean =>
  [...membersOf(shape)].some(([, member]) => member.isStreaming() && member.isStructSchema());

/** Members that the SDK computes, checks or replaces itself before they meet the wire; generated text cannot stand there. */
const ownedBySdk: Partial<Record<ServiceId, RegExp>> = {
  // A dry run never reaches the operation.
  ec2: /^(DestinationRegion|PresignedUrl|DryRun)$/,
  eventbridge: /^EndpointId$/,
  s3: /^(Checksum|ContentMD5|ContentLength|SSECustomerKey|CopySourceSSECustomerKey|ExpiresString|Expires$|ContentType$)/,
};

/** Signed for another service (S3 Express, Object Lambda), or not signed at all (SAML): the region does not play these. */
const elsewhere = new Set([
  'AssumeRoleWithSAML',
  'CreateSession',
  'ListDirectoryBuckets',
  'WriteGetObjectResponse',
]);

const withoutSdkOwned = (id: ServiceId, value: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(isRecord(value) ? value : {}).filter(([name]) => !ownedBySdk[id]?.test(name)),
  );

/** Reads the streams of an answer. */
async function collected(answer: Record<string, unknown>): Promise<Record<string, unknown>> {
  const read = { ...answer };
  for (const [name, value] of Object.entries(read))
    if (value instanceof Readable) read[name] = new Uint8Array(Buffer.concat(await value.toArray()));
  return read;
}

const seed = Number(process.env.TRIVET_TEST_SEED ?? 1);

interface Setting {
  readonly door: Door;
  readonly client: AnyClient;
  readonly exported: Readonly<Record<string, unknown>>;
  readonly source: Source;
  /** Operations without event streams, signed for the service itself. */
  readonly operations: readonly OperationSchema[];
}

async function settingFor(definition: ServiceDefinition): Promise<Setting> {
  const base = createDoor();
  const config = {
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'not-a-secret' },
    requestHandler: createRequestHandler(base.kernel),
    maxAttempts: 1,
    // SQS: generated messages have no true checksums.
    md5: false,
  };
  const exported = (await definition.load()) as Record<string, unknown>;
  const isClient = (name: string): boolean => /^[A-Z].*Client$/.test(name);
  const clientName = Object.keys(exported).find(isClient) ?? '';
  const catalog = await loadCatalog(definition);
  return {
    door: { ...base, config },
    client: new (exported[clientName] as Constructor<AnyClient>)(config),
    exported,
    source: createSource(seed),
    operations: [...catalog.operations.values()].filter(
      ({ name, input, output }) => !elsewhere.has(name) && !hasEventStream(input) && !hasEventStream(output),
    ),
  };
}

/** The SDK's command of an operation. The SDK writes into the input that it is given, so it gets a copy. */
const commandOf = ({ exported }: Setting, { name }: OperationSchema, input: unknown): object =>
  new (exported[`${name}Command`] as Constructor<object>)(structuredClone(input));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function roundTrip(id: ServiceId, setting: Setting, operation: OperationSchema): Promise<string[]> {
  const { door, client, source } = setting;
  const input = withoutSdkOwned(id, generateValue(operation.input, source, 3));
  const output = withoutSdkOwned(id, generateValue(operation.output, source, 3));
  play(door, id, { [operation.method]: () => output });
  try {
    const { $metadata: _, ...answer } = await client.send(commandOf(setting, operation, input));
    const read = firstDifference(input, withoutSdkOwned(id, door.inputs.at(-1)));
    const written = firstDifference(output, withoutSdkOwned(id, await collected(answer)));
    return [
      ...(read === undefined ? [] : [`${operation.name} input ${read}`]),
      ...(written === undefined ? [] : [`${operation.name} output ${written}`]),
    ];
  } catch (error) {
    return [`${operation.name}: ${messageOf(error)}`];
  }
}

/** CloudWatch gives this error the query code of another one, ResourceNotFound, and the SDK takes it for that. */
const shadowed = new Set(['DashboardNotFoundError']);

/** The modelled errors of a client, without the base exception that the SDK makes up. */
const errorsOf = (exported: object): Shape[] =>
  Object.values(exported)
    .filter((value) => Array.isArray(value) && value[0] === -3 && !String(value[1]).startsWith('smithy.'))
    .map((tuple) => shapeOf(tuple as never))
    .filter((shape) => !shadowed.has(shape.getName() ?? ''));

async function throwThrough(id: ServiceId, setting: Setting, shape: Shape): Promise<string[]> {
  const { door, client, source } = setting;
  const name = shape.getName() ?? '';
  const [operation] = setting.operations;
  if (!operation) return ['no operation'];
  const generated = generateValue(shape, source, 3);
  const members = Object.fromEntries(
    Object.entries(isRecord(generated) ? generated : {}).filter(([key]) => key.toLowerCase() !== 'message'),
  );
  play(door, id, {
    [operation.method]: () => {
      throw new AwsError(name, 'the <message> & more', { members });
    },
  });
  const input = withoutSdkOwned(id, generateValue(operation.input, source, 3));
  const thrown: unknown = await client
    .send(commandOf(setting, operation, input))
    .catch((error: unknown) => error);
  const found = thrown as Record<string, unknown>;
  const kept = Object.fromEntries(Object.keys(members).map((key) => [key, found[key]]));
  const difference =
    firstDifference(name, found.name, '.name') ??
    firstDifference('the <message> & more', found.message, '.message') ??
    (thrown instanceof (setting.exported[name] as Constructor<Error>) ? undefined : 'not of its class') ??
    firstDifference(members, kept);
  return difference === undefined ? [] : [`${name} ${difference}`];
}

describe(`every service (TRIVET_TEST_SEED=${seed})`, () => {
  it.each(definitions)('carries inputs and outputs of every operation: $id', async (definition) => {
    const setting = await settingFor(definition);
    const failures: string[] = [];
    for (const operation of setting.operations)
      failures.push(...(await roundTrip(definition.id, setting, operation)));
    expect(failures).toEqual([]);
  });

  it.each(definitions)('gives every modelled error its class and members: $id', async (definition) => {
    const setting = await settingFor(definition);
    const failures: string[] = [];
    for (const shape of errorsOf(setting.exported))
      failures.push(...(await throwThrough(definition.id, setting, shape)));
    expect(failures).toEqual([]);
  });
});

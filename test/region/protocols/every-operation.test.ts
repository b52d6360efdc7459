import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ServiceId } from '../../../region/kernel/kernel.ts';
import { loadCatalog } from '../../../region/protocols/catalog.ts';
import { definitions } from '../../../region/protocols/definitions.ts';
import { createRequestHandler } from '../../../region/protocols/in-process.ts';
import { isRecord, membersOf, type Shape } from '../../../region/protocols/shape.ts';
import { createDoor, play } from './doors.ts';
import { createSource, firstDifference, generateValue } from './generate-value.ts';

interface AnyClient {
  send(command: unknown): Promise<Record<string, unknown>>;
}
type Constructor<T> = new (input: unknown) => T;

const hasEventStream = (shape: Shape): boolean =>
  [...membersOf(shape)].some(([, member]) => member.isStreaming() && member.isStructSchema());

/** Members that the SDK computes, checks or replaces itself before they meet the wire; generated text cannot stand there. */
const ownedBySdk: Partial<Record<ServiceId, RegExp>> = {
  ec2: /^(DestinationRegion|PresignedUrl)$/,
  eventbridge: /^EndpointId$/,
  s3: /^(Checksum|ContentMD5|ContentLength|SSECustomerKey|CopySourceSSECustomerKey|ExpiresString|Expires$|ContentType$)/,
};

/** Signed for another service (S3 Express, Object Lambda), or not signed at all (federation): the region does not play these. */
const elsewhere = new Set([
  'AssumeRoleWithSAML',
  'AssumeRoleWithWebIdentity',
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

describe(`every operation of every service (TRIVET_TEST_SEED=${seed})`, () => {
  it.each(definitions)(
    'carries a generated input there and a generated output back: $id',
    async (definition) => {
      const { id } = definition;
      const door = createDoor();
      const config = {
        endpoint: 'http://127.0.0.1:1',
        region: 'us-east-1',
        credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'not-a-secret' },
        requestHandler: createRequestHandler(door.kernel),
        maxAttempts: 1,
        // SQS: generated messages have no true checksums.
        md5: false,
      };
      const exported = (await definition.load()) as Record<string, unknown>;
      const clientName =
        Object.keys(exported).find((name) => /^[A-Z].*Client$/.test(name) && !name.startsWith('_')) ?? '';
      const client = new (exported[clientName] as Constructor<AnyClient>)(config);
      const source = createSource(seed);
      const catalog = await loadCatalog(definition);
      const failures: string[] = [];
      for (const operation of catalog.operations.values()) {
        if (
          hasEventStream(operation.output) ||
          hasEventStream(operation.input) ||
          elsewhere.has(operation.name)
        )
          continue;
        const input = withoutSdkOwned(id, generateValue(operation.input, source, 3));
        const output = withoutSdkOwned(id, generateValue(operation.output, source, 3));
        play({ ...door, config }, id, { [operation.method]: () => output });
        // The SDK writes into the input that it is given.
        const command = new (exported[`${operation.name}Command`] as Constructor<object>)(
          structuredClone(input),
        );
        try {
          const { $metadata: _, ...answer } = await client.send(command);
          const read = firstDifference(input, withoutSdkOwned(id, door.inputs.at(-1)));
          const written = firstDifference(output, withoutSdkOwned(id, await collected(answer)));
          if (read !== undefined) failures.push(`${operation.name} input ${read}`);
          if (written !== undefined) failures.push(`${operation.name} output ${written}`);
        } catch (error) {
          failures.push(`${operation.name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      expect(failures).toEqual([]);
    },
  );
});

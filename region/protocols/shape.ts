import { NormalizedSchema } from '@smithy/core/schema';

/**
 * A schema of the SDK, unwrapped. `@smithy/core/schema` and the tuples behind it are not promised to stay as they are
 * (reference local-stack-facts §5): versions are pinned, and test/region/protocols/schema-layout.test.ts pins the layout.
 */
export type Shape = NormalizedSchema;
export type ShapeRef = Parameters<typeof NormalizedSchema.of>[0];

export type ShapeKind =
  | 'structure'
  | 'list'
  | 'map'
  | 'string'
  | 'number'
  | 'boolean'
  | 'timestamp'
  | 'blob'
  | 'bigInteger'
  | 'bigDecimal'
  | 'document'
  | 'unit';

/** The traits that the wire protocols read; values are as the SDK's schemas hold them. */
export interface ShapeTraits {
  readonly xmlName?: string;
  readonly xmlFlattened?: number;
  readonly xmlAttribute?: number;
  readonly xmlNamespace?: readonly [string, string];
  readonly ec2QueryName?: string;
  readonly jsonName?: string;
  readonly httpLabel?: number;
  readonly httpQuery?: string;
  readonly httpQueryParams?: number;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: number;
  readonly httpResponseCode?: number;
  readonly httpError?: number;
  readonly error?: 'client' | 'server';
  readonly awsQueryError?: readonly [string, number];
  readonly idempotencyToken?: number;
}

/** The shape behind a schema reference; the SDK caches it on the reference. */
export const shapeOf = (ref: ShapeRef): Shape => NormalizedSchema.of(ref);

/** Traits of the member and of its target together, the member's first. */
export const traitsOf = (shape: Shape): ShapeTraits => shape.getMergedTraits() as ShapeTraits;

/** Traits of the member alone. */
export const memberTraitsOf = (shape: Shape): ShapeTraits => shape.getMemberTraits() as ShapeTraits;

/** Members of a structure or union in the schema's order; none for the unit shape. */
export const membersOf = (shape: Shape): Iterable<[string, Shape]> => shape.structIterator();

/** How many of a structure's members are required: the SDK puts them first and counts them in the tuple's seventh field. */
export function requiredCount(shape: Shape): number {
  const schema: unknown = shape.getSchema();
  const count: unknown = Array.isArray(schema) ? schema[6] : 0;
  return typeof count === 'number' ? count : 0;
}

/** What kind of value a shape describes. */
export function kindOf(shape: Shape): ShapeKind {
  if (shape.isUnitSchema()) return 'unit';
  if (shape.isStructSchema()) return 'structure';
  if (shape.isListSchema()) return 'list';
  if (shape.isMapSchema()) return 'map';
  if (shape.isStringSchema()) return 'string';
  if (shape.isNumericSchema()) return 'number';
  if (shape.isBooleanSchema()) return 'boolean';
  if (shape.isTimestampSchema()) return 'timestamp';
  if (shape.isBlobSchema()) return 'blob';
  if (shape.isBigIntegerSchema()) return 'bigInteger';
  if (shape.isBigDecimalSchema()) return 'bigDecimal';
  return 'document';
}

/** Whether a value is an object with named members: neither null, array, date nor bytes. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !(value instanceof Uint8Array);

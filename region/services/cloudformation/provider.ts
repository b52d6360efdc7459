import * as z from 'zod';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, ServiceId } from '../../kernel/kernel.ts';

/** What a provider is told about the resource that it makes. */
export interface ProviderContext {
  readonly kernel: Kernel;
  readonly stackName: string;
  readonly stackId: string;
  readonly logicalId: string;
  /** Calls an operation of a service, as CloudFormation's own role. */
  call<O>(service: ServiceId, operation: string, input: object): Promise<O>;
  /** A physical name as CloudFormation makes one: stack, logical id and 12 random characters, within `longest`. */
  name(longest: number): string;
  /** Calls until the answer is defined; throws NotStabilized after a minute. */
  until<T>(probe: () => Promise<T | undefined>): Promise<T>;
}

export interface Made {
  readonly physicalId: string;
  /** What Ref gives, where it is not the physical id. */
  readonly ref?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** A resource that exists, as a provider sees it on update and removal. */
export interface Existing<P> extends Made {
  readonly properties: P;
}

/** How one resource type becomes calls of a service. */
export interface Provider<P = unknown> {
  readonly type: string;
  /** The honoured properties, deep and strict: anything else in the template is refused. */
  readonly properties: z.ZodType<P>;
  /** Properties that are read and then left alone: path (`A.B`) → why that is right here. */
  readonly ignored: Readonly<Record<string, string>>;
  /** Names that Fn::GetAtt may ask for. */
  readonly attributes: readonly string[];
  create(properties: P, context: ProviderContext): Promise<Made>;
  /** Changes the resource in place; without it, or where a property of `replacedBy` changed, a new one is made. */
  update?(existing: Existing<P>, properties: P, context: ProviderContext): Promise<Made>;
  /** Where it depends on how a resource is to be updated, as a function of what is wanted. */
  readonly replacedBy?: readonly string[] | ((wanted: P) => readonly string[]);
  /** A resource that is already gone is no error (codes of `gone`). */
  remove(existing: Existing<P>, context: ProviderContext): Promise<unknown>;
}

/** Declares a provider; the properties' type follows from the schema. */
export function provider<P>(
  declared: Omit<Provider<P>, 'ignored' | 'attributes'> &
    Partial<Pick<Provider<P>, 'ignored' | 'attributes'>>,
): Provider<P> {
  return { ignored: {}, attributes: [], ...declared };
}

/** CloudFormation turns scalars into what the property wants: `"true"`, `"3"`, 3. These schemas do the same. */
export const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
export const number = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).transform(Number);
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false'])])
  .transform((value) => value === true || value === 'true');
export const texts = z.array(text);
/** Free JSON, such as a policy document. */
export const json = z.record(z.string(), z.unknown());
export const tags = z.array(z.strictObject({ Key: text, Value: text }));
export const object = z.strictObject;

export type Tags = z.infer<typeof tags>;

/** Tags in the record form of some APIs. */
export function tagRecord(list: Tags | undefined): Record<string, string> {
  return Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key, Value]));
}

/** `{ [key]: value }`, or nothing where the value is undefined: SDK inputs have no undefined members here. */
export function defined<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** Whether an error says that the thing is not there. */
export function isGone(error: unknown): boolean {
  return error instanceof AwsError && /NotFound|NoSuch|NonExistent|DoesNotExist/.test(error.code);
}

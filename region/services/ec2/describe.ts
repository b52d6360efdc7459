import type { Filter } from '@aws-sdk/client-ec2';
import { refuse } from '../common/request.ts';
import { type Page, takePage } from '../common/take-page.ts';
import { missing, type ResourceKind } from './request.ts';
import type { Tags } from './tags.ts';

/** What a filter compares: one value, several of which any may match, or nothing. */
export type FilterValue = string | readonly string[] | undefined;
/** The filters that a resource is described with, by their names on the wire. */
export type Filters<T> = Readonly<Record<string, (item: T) => FilterValue>>;

export interface DescribeRequest {
  readonly Filters?: readonly Filter[] | undefined;
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
}

export interface Described<T> {
  readonly kind: ResourceKind;
  readonly items: readonly T[];
  readonly idOf: (item: T) => string;
  readonly ids?: readonly string[] | undefined;
  readonly filters: Filters<T>;
  readonly tags: Tags;
}

/**
 * The page of resources that a Describe call asks for.
 * @throws AwsError the kind's NotFound for an id that is not there, InvalidParameterValue for a filter that EC2 does not have.
 */
export function describe<T>(request: DescribeRequest, described: Described<T>): Page<T> {
  const byId = new Map(described.items.map((item) => [described.idOf(item), item]));
  const ids = described.ids ?? [];
  if (ids.length > 0 && request.MaxResults !== undefined)
    refuse(
      'InvalidParameterCombination',
      `The parameter ${described.kind}Ids cannot be used with the parameter maxResults`,
    );
  for (const id of ids) if (!byId.has(id)) missing(described.kind, id);
  const wanted =
    ids.length === 0 ? described.items : described.items.filter((item) => ids.includes(described.idOf(item)));
  const tests = (request.Filters ?? []).map((filter) => filterTest(filter, described));
  const matching = wanted.filter((item) => tests.every((test) => test(item)));
  return takePage(matching, request.NextToken, request.MaxResults);
}

function filterTest<T>(filter: Filter, { filters, idOf, tags }: Described<T>): (item: T) => boolean {
  const name = filter.Name ?? '';
  const patterns = (filter.Values ?? []).map(pattern);
  const matches = (value: FilterValue): boolean => {
    const values = value === undefined ? [] : typeof value === 'string' ? [value] : value;
    return values.some((text) => patterns.some((expression) => expression.test(text)));
  };
  if (name.startsWith('tag:')) return (item) => matches(tags.value(idOf(item), name.slice(4)));
  if (name === 'tag-key') return (item) => matches(tags.keys(idOf(item)));
  const read = Object.hasOwn(filters, name) ? filters[name] : undefined;
  if (read === undefined) refuse('InvalidParameterValue', `The filter '${name}' is invalid`);
  return (item) => matches(read(item));
}

/** A filter value as an expression: `*` is any text, `?` any character, a backslash takes the next one literally. */
function pattern(value: string): RegExp {
  const source = value.replaceAll(/\\[\s\S]|[\s\S]/g, (token) => {
    if (token === '*') return '[\\s\\S]*';
    if (token === '?') return '[\\s\\S]';
    const literal = token.length === 2 ? token.charAt(1) : token;
    return literal.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`);
}

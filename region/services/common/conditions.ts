import { NotPlayedError } from '../../kernel/errors.ts';
import { matchesPattern, type Statement } from './policy-document.ts';

/** Whether all conditions of a statement hold, each asked for by operator, key and wanted values. */
export function conditionsHold(
  statement: Statement,
  holds: (operator: string, key: string, wanted: readonly string[]) => boolean,
): boolean {
  return Object.entries(statement.conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, key, wanted)),
  );
}

/**
 * Whether a condition operator holds for the values that a request has for a key; for several values one that fits is enough, and a key
 * that the request does not have fits nothing but a negation. Operators that the region does not play are loud.
 */
export function operatorHolds(
  operator: string,
  values: readonly string[],
  wanted: readonly string[],
): boolean {
  const some = (fits: (value: string, each: string) => boolean) =>
    values.some((value) => wanted.some((each) => fits(value, each)));
  switch (operator) {
    case 'StringEquals':
    case 'ArnEquals':
      return some((value, each) => value === each);
    case 'StringLike':
    case 'ArnLike':
      return some((value, each) => matchesPattern(each, value));
    case 'StringNotEquals':
      return !some((value, each) => value === each);
    case 'Bool':
      return some((value, each) => value === each.toLowerCase());
    case 'NumericLessThan':
      return some((value, each) => Number(value) < Number(each));
    case 'Null':
      return wanted.some((each) => (each.toLowerCase() === 'true') === (values.length === 0));
    default:
      throw new NotPlayedError(`the condition operator ${operator}`);
  }
}

import { NotPlayedError } from '../../kernel/errors.ts';
import { compileJsonFilter } from './json-filter.ts';
import { invalid } from './state.ts';

/**
 * A test for messages from a filter pattern. Of terms: all plain terms must be there, one of those with `?`, and none of those with `-`;
 * a quoted term may hold spaces. In braces: what fields of a JSON message are (CloudWatch Logs, "Filter pattern syntax"). Space-delimited
 * patterns and regular expressions are not played.
 */
export function compileFilter(pattern: string | undefined): (message: string) => boolean {
  const text = (pattern ?? '').trim();
  if (text === '') return () => true;
  if (text.startsWith('{')) return compileJsonFilter(text);
  if (/^[[%]/.test(text)) throw new NotPlayedError(`the log filter pattern ${text}`);
  const terms = [...text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(
    ([, sign, quoted, plain]) => ({
      sign,
      term: (quoted ?? plain ?? '').replace(/\\(.)/g, '$1'),
    }),
  );
  if (terms.some(({ term }) => term === '')) throw invalid('Invalid filter pattern');
  const of = (sign: string): string[] => terms.filter((each) => each.sign === sign).map((each) => each.term);
  const [all, some, none] = [of(''), of('?'), of('-')];
  return (message) =>
    all.every((term) => message.includes(term)) &&
    (some.length === 0 || some.some((term) => message.includes(term))) &&
    !none.some((term) => message.includes(term));
}

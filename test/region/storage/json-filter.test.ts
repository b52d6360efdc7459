import { describe, expect, test } from 'vitest';
import { compileFilter } from '../../../region/services/logs/filter-pattern.ts';

const message = JSON.stringify({
  cluster: 'demo',
  message: 'found',
  slot: 'b',
  error: { name: 'AwsThrottled' },
  tries: 3,
  ok: true,
});

describe('a log filter in braces', () => {
  test.each<[string, boolean]>([
    ['{ $.cluster = "demo" }', true],
    ['{ $.cluster = demo }', true],
    ['{$.cluster="demo"}', true],
    ['{ $.cluster = "other" }', false],
    ['{ $.cluster != "other" }', true],
    ['{ $.cluster = "de*" }', true],
    ['{ $.cluster = "d*o" && $.slot = "b" }', true],
    ['{ $.cluster = "demo" && $.message != "done" && $.slot = "b" }', true],
    ['{ $.cluster = "demo" && $.message != "found" }', false],
    ['{ $.cluster = "x" || $.slot = "b" }', true],
    ['{ $.error.name = "AwsThrottled" }', true],
    ['{ $.tries = 3 }', true],
    ['{ $.ok = "true" }', true],
    ['{ $.cluster = "d.mo" }', false],
    // What is not there is neither equal nor different.
    ['{ $.pool = "general" }', false],
    ['{ $.pool != "general" }', false],
    ['{ $.cluster = "a && b" }', false],
  ])('%s matches: %s', (pattern, matches) => {
    expect(compileFilter(pattern)(message)).toBe(matches);
  });

  test('matches no message that is no JSON', () => {
    expect(compileFilter('{ $.cluster != "other" }')('START RequestId: r')).toBe(false);
  });

  test.each([
    '{ ($.a = 1) }',
    '{ $.a = 1 && $.b = 2 || $.c = 3 }',
    '{ $.a > 3 }',
    '{ $.a IS NULL }',
    '[a, b]',
  ])('%s is not played, and says so', (pattern) => {
    expect(() => compileFilter(pattern)).toThrow(/log filter pattern/);
  });

  test('without its end is refused', () => {
    expect(() => compileFilter('{ $.a = 1')).toThrow('Invalid filter pattern');
  });
});

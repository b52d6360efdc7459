import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createClock } from '../../../region/kernel/clock.ts';

const day = 24 * 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a timer of a month, longer than Node takes, fires when it is due', () => {
  const fired = vi.fn();
  const clock = createClock();
  clock.after(30 * day, fired);
  vi.advanceTimersByTime(30 * day - 1);
  expect(fired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fired).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test.each<[what: string, passed: number]>([
  ['at once', 0],
  ['after it was armed again', 28 * day],
])('a timer of a month can be cancelled, %s', (_, passed) => {
  const fired = vi.fn();
  const clock = createClock();
  const cancel = clock.after(30 * day, fired);
  vi.advanceTimersByTime(passed);
  cancel();
  expect(vi.getTimerCount()).toBe(0);
});

test('a clock that is stopped has no timer left, and makes none', () => {
  const clock = createClock();
  clock.after(1_000, () => {});
  clock.after(30 * day, () => {});
  clock.stop();
  clock.after(1_000, () => {});
  expect(vi.getTimerCount()).toBe(0);
});

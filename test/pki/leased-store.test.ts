import { describe, expect, test } from 'vitest';
import { shareChecks } from '../../functions/pki/leased-store.ts';

describe('shareChecks', () => {
  const checked = () => {
    const ends: { resolve(): void; reject(error: Error): void }[] = [];
    const check = shareChecks(
      () =>
        new Promise<void>((resolve, reject) => {
          ends.push({ resolve: () => resolve(), reject });
        }),
    );
    return { check, ends };
  };

  test('who asks while a check is under way gets the next one, together with all others', async () => {
    const { check, ends } = checked();
    const first = check();
    const [second, third] = [check(), check()];
    expect(ends).toHaveLength(1);
    ends[0]?.resolve();
    await first;
    const fourth = check();
    expect(ends).toHaveLength(2);
    ends[1]?.resolve();
    await Promise.all([second, third]);
    ends[2]?.resolve();
    await fourth;
    expect(ends).toHaveLength(3);
  });

  test('a check that fails fails for those who share it, and the next is asked again', async () => {
    const { check, ends } = checked();
    const first = check();
    const second = check();
    ends[0]?.reject(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    ends[1]?.resolve();
    await expect(second).resolves.toBeUndefined();
  });
});

import { AwsError, NotPlayedError } from '../../kernel/errors.ts';

const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Milliseconds of `rate(n unit)`. Throws ValidationException on a malformed one; cron and at are not played. */
export function rateMilliseconds(expression: string | undefined): number {
  const text = expression ?? '';
  if (/^(cron|at)\(/.test(text)) throw new NotPlayedError(`the schedule expression ${text}`);
  const match = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(text);
  const count = Number(match?.[1]);
  const unit = units[match?.[2] ?? ''];
  // AWS takes `rate(1 minute)` and `rate(5 minutes)`, and refuses the other way round.
  if (!match || unit === undefined || count < 1 || (count === 1) !== (match[3] === '')) {
    throw new AwsError('ValidationException', `Invalid Schedule Expression ${text}.`);
  }
  return count * unit;
}

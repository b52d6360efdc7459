/** One measured figure: its runs, and the budget of design §11 where it has one. */
export interface Figure {
  readonly name: string;
  readonly unit: 's' | 'ms' | 'kB' | 'count' | '$' | 'ratio' | 'MiB';
  readonly runs: readonly number[];
  /** At most this, by the median. */
  readonly budget?: number;
}

/** The middle value; of an even number, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, two) => one - two);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

const decimals: Readonly<Record<string, number>> = { s: 2, $: 5, ratio: 2 };

/** Rows for a person: median, range, runs, budget and whether it is kept. */
export function renderFigures(figures: readonly Figure[]): string[][] {
  const header = ['figure', 'median', 'min', 'max', 'runs', 'budget', ''];
  const rows = figures.map(({ name, unit, runs, budget }) => {
    const format = (value: number) =>
      `${unit === 'count' ? value : value.toFixed(decimals[unit] ?? 0)} ${unit === 'count' ? '' : unit}`.trim();
    const middle = median(runs);
    const verdict = budget === undefined ? '' : middle <= budget ? 'within' : 'OVER';
    return [
      name,
      format(middle),
      format(Math.min(...runs)),
      format(Math.max(...runs)),
      String(runs.length),
      budget === undefined ? '' : `≤ ${format(budget)}`,
      verdict,
    ];
  });
  return [header, ...rows];
}

/** One measured figure: its runs, and the budget of design §11 where it has one. */
export interface Figure {
  readonly name: string;
  readonly unit: 's' | 'ms' | 'kB' | 'count' | '$' | 'ratio' | 'MiB';
  readonly runs: readonly number[];
  /** At most this, by the median. */
  readonly budget?: number;
  /** This and nothing else, in every run. */
  readonly exactly?: number;
}

/** Whether a figure keeps what is asked of it; undefined where nothing is. */
export function isKept({ budget, exactly, runs }: Figure): boolean | undefined {
  if (exactly !== undefined) return runs.every((run) => run === exactly);
  return budget === undefined ? undefined : median(runs) <= budget;
}

/** The middle value; of an even number, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, two) => one - two);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

const decimals: Readonly<Record<string, number>> = { s: 2, ratio: 2 };

/** A heal costs parts of a cent, a fleet thousands of dollars. */
const decimalsOf = (unit: string, value: number) =>
  unit === '$' ? (value > 0 && value < 1 ? 5 : 2) : (decimals[unit] ?? 0);

/** Rows for a person: median, range, runs, budget and whether it is kept. */
export function renderFigures(figures: readonly Figure[]): string[][] {
  const header = ['figure', 'median', 'min', 'max', 'runs', 'budget', ''];
  const rows = figures.map((figure) => {
    const { budget, exactly, name, runs, unit } = figure;
    const format = (value: number) =>
      `${unit === 'count' ? value : value.toFixed(decimalsOf(unit, value))} ${unit === 'count' ? '' : unit}`.trim();
    const middle = median(runs);
    const kept = isKept(figure);
    const verdict = kept === undefined ? '' : kept ? 'within' : 'OVER';
    const limit = budget === undefined ? '' : `≤ ${format(budget)}`;
    return [
      name,
      format(middle),
      format(Math.min(...runs)),
      format(Math.max(...runs)),
      String(runs.length),
      exactly === undefined ? limit : `= ${format(exactly)}`,
      verdict,
    ];
  });
  return [header, ...rows];
}

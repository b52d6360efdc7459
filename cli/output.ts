/** Something that the person can mend: printed without a stack, exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Where a command prints: results to stdout, progress to stderr where stdout is for a program (`--json`). */
export interface Output {
  readonly json: boolean;
  /** A line of progress or explanation for a person. */
  say(line: string): void;
  /** The command's result as one JSON object on one line: the last line of stdout. Only with `--json`. */
  result(value: unknown): void;
}

/** With `--json` everything but the result goes to stderr. */
export function createOutput({ json }: { json: boolean }): Output {
  return {
    json,
    say: (line) => void (json ? process.stderr : process.stdout).write(`${line}\n`),
    result: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
  };
}

/** Columns padded to their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Seconds with one decimal, as people read them. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

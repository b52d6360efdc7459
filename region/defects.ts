/** What went wrong in the region itself, where no caller could be told. */
export interface Defects {
  /** Says it at once, to the log and to stderr, whoever listens. */
  report(what: string, error: unknown): void;
  readonly all: readonly Error[];
}

/**
 * A defect in one timer or listener must neither be missed nor take the whole region down half-way: the rest goes on, as AWS's services
 * do, and the region says at its stop that it was not whole.
 */
export function createDefects(log: (line: string) => void): Defects {
  const all: Error[] = [];
  return {
    all,
    report: (what, cause) => {
      all.push(new Error(`${what} of the embedded region failed: ${String(cause)}`, { cause }));
      const line = `DEFECT of the embedded region in ${what}: ${cause instanceof Error ? cause.stack : String(cause)}`;
      log(line);
      process.stderr.write(`${line}\n`);
    },
  };
}

import type { TaskEntry } from './functions/catalog.ts';

export const bundleBytesMax: number;

/** What dist/functions/report.json holds. */
export interface BundleReport {
  readonly bundleBytesMax: number;
  readonly tasks: readonly BundledTask[];
}

export interface BundledTask {
  readonly task: string;
  readonly bytes: number;
  readonly sha256: string;
  /** `<client>:<Operation>`, the client as in the name of its package. */
  readonly operations: readonly string[];
  readonly packages: readonly { readonly name: string; readonly version: string; readonly licence: string }[];
}

export function bundle(options: {
  readonly catalog: readonly Pick<TaskEntry, 'name' | 'entry'>[];
  readonly root: string;
  readonly outDir: string;
}): Promise<BundleReport>;

import { AwsError } from '../../kernel/errors.ts';
import type { Exports } from './lifecycle.ts';
import type { Stack } from './stack.ts';

/** All stacks of the region, deleted ones too (by their id), and what they export to each other. */
export interface Stacks {
  add(stack: Stack): void;
  all(): readonly Stack[];
  /** The stack that has the name now. */
  named(name: string): Stack | undefined;
  /** By name or id. */
  known(nameOrId: string | undefined): Stack | undefined;
  /** By name or id; throws ValidationError `Stack with id … does not exist`. */
  find(nameOrId: string | undefined): Stack;
  /** Names of the stacks that import an export. */
  importers(exportName: string): string[];
  readonly exports: Exports;
}

export function createStacks(): Stacks {
  const stacks: Stack[] = [];
  const named = (name: string): Stack | undefined =>
    stacks.find((stack) => stack.name === name && !stack.deletedAt);
  const known = (nameOrId = ''): Stack | undefined =>
    stacks.find((stack) => stack.id === nameOrId) ?? named(nameOrId);
  const importers = (exportName: string): string[] =>
    stacks.filter((stack) => stack.imports.has(exportName)).map(({ name }) => name);
  return {
    add: (stack) => void stacks.push(stack),
    all: () => stacks,
    named,
    known,
    find: (nameOrId) => {
      const stack = known(nameOrId);
      if (!stack) throw new AwsError('ValidationError', `Stack with id ${nameOrId} does not exist`);
      return stack;
    },
    importers,
    exports: {
      value: (name) =>
        stacks.flatMap(({ outputs }) => outputs).find(({ exportName }) => exportName === name)?.value,
      users: importers,
    },
  };
}

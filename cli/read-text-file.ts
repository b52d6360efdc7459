import { readFileSync } from 'node:fs';
import { CommandError } from './output.ts';

/** A file that a person has named. Throws CommandError that says which one, and why it cannot be read. */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new CommandError(
      code === 'ENOENT' ? `there is no file ${path}.` : `${path} cannot be read: ${code}.`,
    );
  }
}

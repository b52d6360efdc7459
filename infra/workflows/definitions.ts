import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A workflow as its file says it. */
export interface WorkflowDefinition {
  readonly name: string;
  /** The file's bytes, which the template shows unchanged. */
  readonly text: string;
  /** Names in `${…}`, each once, sorted. */
  readonly placeholders: readonly string[];
}

const suffix = '.asl.json';

/** Reads all workflows of a folder, by name. Throws when one has no time limit: an execution without one never ends. */
export function readDefinitions(folder: string): readonly WorkflowDefinition[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const parsed: { TimeoutSeconds?: unknown } = JSON.parse(text);
      if (typeof parsed.TimeoutSeconds !== 'number')
        throw new Error(`${file} has no TimeoutSeconds (design §5)`);
      return { name: file.slice(0, -suffix.length), text, placeholders: placeholdersOf(text) };
    });
}

function placeholdersOf(text: string): readonly string[] {
  const names = Array.from(text.matchAll(/\$\{([A-Za-z0-9]+)\}/g), (match) => match[1] ?? '');
  return [...new Set(names)].sort();
}

import { parse, YAMLParseError } from 'yaml';
import { type ClusterSpec, parseSpec, renderProblems } from '../functions/clusters/spec.ts';
import { CommandError } from './output.ts';
import { readTextFile } from './read-text-file.ts';

/** Reads a cluster spec from YAML or JSON (which is YAML). Throws CommandError with ALL problems, each with path and fix. */
export function readSpecFile(path: string): ClusterSpec {
  const raw = parseText(path, readTextFile(path));
  const parsed = parseSpec(raw);
  if (parsed.spec) return parsed.spec;
  const count = parsed.problems.length;
  const lines = renderProblems(parsed.problems)
    .split('\n')
    .map((line) => `  ${line}`);
  throw new CommandError(`${path} has ${count} problem${count === 1 ? '' : 's'}:\n${lines.join('\n')}`);
}

function parseText(path: string, text: string): unknown {
  try {
    return parse(text, { uniqueKeys: true });
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const [at] = error.linePos ?? [];
    throw new CommandError(`${path}${at ? `, line ${at.line}` : ''}: ${error.message.split('\n')[0]}`);
  }
}

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The rules of STYLE.md that a machine can hold. Each failure names file, line and what to do instead. */
const root = join(import.meta.dirname, '..', '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const sources = tracked.filter((file) => /\.(tsx?|mjs)$/.test(file));
const functions = sources.filter((file) => file.startsWith('functions/'));

/** `file:line` of every match in the given files, comments left out where `code` is set. */
function matches(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line.replace(/^\s*(\/\/|\*|\/\*\*).*$/, '')) ? [`${file}:${index + 1}`] : [],
      ),
  );
}

describe('files', () => {
  test('a source file can be read in one go: at most 300 lines, 500 for a test with its tables', () => {
    const long = sources.filter((file) => {
      const linesMax = file.startsWith('test/') ? 500 : 300;
      return textOf(file).split('\n').length > linesMax + 1;
    });
    expect(long).toEqual([]);
  });

  test('nothing is left for later in the code: no TODO, FIXME or XXX', () => {
    expect(
      matches(
        sources.filter((file) => !file.startsWith('test/tidy')),
        /\b(TODO|FIXME|XXX)\b/,
      ),
    ).toEqual([]);
  });

  test('no file names a path of one machine', () => {
    const files = tracked.filter((file) => !/(package-lock\.json|test\/tidy\/)/.test(file));
    expect(matches(files, /(^|[\s'"`(=])\/(work|farm|root|home)\//)).toEqual([]);
  });

  test('dependencies are pinned to exact versions', () => {
    const manifest = JSON.parse(textOf('package.json')) as Record<string, Record<string, string>>;
    const versions = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}),
    );
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});

describe('functions/', () => {
  test('only the clock knows the time: use context.clock', () => {
    const elsewhere = functions.filter((file) => file !== 'functions/runtime/clock.ts');
    expect(matches(elsewhere, /Date\.now\(|new Date\(\)/)).toEqual([]);
  });

  test('only runtime/config.ts reads the environment: use context.config', () => {
    const elsewhere = functions.filter((file) => file !== 'functions/runtime/config.ts');
    expect(matches(elsewhere, /process\.env/)).toEqual([]);
  });

  test('only functions/aws/ makes SDK clients: use its ports', () => {
    const elsewhere = functions.filter((file) => !file.startsWith('functions/aws/'));
    expect(matches(elsewhere, /from '@aws-sdk\//)).toEqual([]);
  });

  test('middy lives only in runtime/task.ts', () => {
    const elsewhere = functions.filter((file) => file !== 'functions/runtime/task.ts');
    expect(matches(elsewhere, /from '@middy\//)).toEqual([]);
  });

  test('decisions and contracts import no port and no SDK: they are pure', () => {
    const pure = functions.filter((file) => /\/(decide-[^/]*|contracts)\.ts$/.test(file));
    expect(pure.length).toBeGreaterThan(3);
    expect(matches(pure, /^import (?!type).* from '(\.\.\/aws\/|@aws-sdk)/)).toEqual([]);
  });

  test('every acting task says in its header why a repeat is safe', () => {
    const parts = functions.filter((file) => /^functions\/catalog[^/]*\.ts$/.test(file));
    const catalogued = parts.flatMap((part) =>
      [...textOf(part).matchAll(/entry: '(functions\/[^']+)'/g)].map(([, entry]) => entry ?? ''),
    );
    expect(catalogued.length).toBeGreaterThan(20);
    const silent = catalogued.filter((entry) => !/repeat/i.test(textOf(entry).split('*/')[0] ?? ''));
    expect(silent).toEqual([]);
  });
});

describe('documents', () => {
  const documents = tracked.filter((file) => file.endsWith('.md'));

  test('every link between documents resolves', () => {
    const broken = documents.flatMap((file) =>
      [...textOf(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map(([, target]) => normalize(join(dirname(file), target ?? '')))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${file} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test('every document has exactly one title', () => {
    const titles = (file: string) =>
      textOf(file)
        .replace(/```[\s\S]*?```/g, '')
        .match(/^# /gm)?.length ?? 0;
    expect(documents.filter((file) => titles(file) !== 1)).toEqual([]);
  });

  test('every workflow has a row in workflows/README.md', () => {
    const workflows = tracked.flatMap((file) => /^workflows\/(.+)\.asl\.json$/.exec(file)?.[1] ?? []);
    const index = textOf('workflows/README.md');
    expect(workflows.filter((name) => !index.includes(`\`${name}\``))).toEqual([]);
  });
});

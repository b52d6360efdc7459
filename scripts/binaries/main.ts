// `npm run binaries`: builds the pinned Kubernetes and etcd programs from their published Go modules (binaries/README.md).
import { parseArgs } from 'node:util';
import { type BinarySet, binarySets } from '../../region/binaries.ts';
import { build, type Standing, standingOf } from './build.ts';
import { BuildError, checkGo, jobsDefault } from './go.ts';

const help = `npm run binaries -- [options]
Builds the real Kubernetes and etcd programs that the embedded region can run, from their published Go modules,
into .trivet/binaries/. Needs Go; what is built already, or on PATH in the pinned version, is not built again.

  --only <names>  programs or sets, separated by commas: kubectl, etcd-3.6, kubernetes …
  --list          says what is there and what would be built, and builds nothing
  --force         builds also what is there
  --jobs <n>      packages compiled at once (default: ${jobsDefault()} here)
  --help
`;

const options = {
  only: { type: 'string', multiple: true },
  list: { type: 'boolean' },
  force: { type: 'boolean' },
  jobs: { type: 'string' },
  help: { type: 'boolean' },
} as const;

interface Program {
  readonly set: BinarySet;
  readonly binary: string;
}

/** The programs that --only names, all without it. Throws BuildError for a name that is neither program nor set. */
function choose(only: readonly string[] | undefined): readonly Program[] {
  const all = binarySets.flatMap((set) => set.binaries.map((binary) => ({ set, binary })));
  if (!only) return all;
  const wanted = only.flatMap((names) => names.split(',')).map((name) => name.trim());
  const known = new Set<string>(all.flatMap(({ set, binary }) => [set.name, binary]));
  const unknown = wanted.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new BuildError(`There is no ${unknown.join(', ')}; there are: ${[...known].join(', ')}`);
  return all.filter(({ set, binary }) => wanted.includes(set.name) || wanted.includes(binary));
}

const words: Readonly<Record<Standing['state'], string>> = {
  built: 'built',
  stale: 'to be built again: its pins or flags have changed',
  PATH: 'on PATH',
  missing: 'to be built',
};

function list(programs: readonly Program[]): void {
  for (const { set, binary } of programs) {
    const { state, path } = standingOf(set, binary);
    const where = state === 'built' || state === 'PATH' ? `  ${path}` : '';
    console.log(`${binary.padEnd(24)}${set.version.padEnd(9)}${words[state]}${where}`);
  }
}

async function buildAll(programs: readonly Program[], jobs: number, force: boolean): Promise<void> {
  const standings = programs.map(({ set, binary }) => standingOf(set, binary));
  const here = standings.filter(({ state }) => !force && (state === 'built' || state === 'PATH'));
  const wanted = standings.filter((standing) => !here.includes(standing));
  for (const { set, binary, state, path } of here)
    console.log(`${binary} ${set.version}: ${words[state]}, ${path}`);
  const versions = new Set([...new Set(wanted.map(({ set }) => set))].map((set) => checkGo(set)));
  for (const { set, binary } of wanted) {
    const title = `${binary} ${set.version}`;
    console.log(`${title}: building with ${[...versions].join(', ')}`);
    const began = performance.now();
    const { bytes } = await build(set, binary, jobs);
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(`${title}: built in ${seconds} s, ${Math.round(bytes / 1e6)} MB`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new BuildError(`${error instanceof Error ? error.message : error}\n\n${help}`);
  }
}

async function main(args: readonly string[]): Promise<void> {
  const values = parse(args);
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const programs = choose(values.only);
  const jobs = values.jobs === undefined ? jobsDefault() : Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new BuildError(`--jobs is ${values.jobs}, and must be a number from 1`);
  if (values.list) list(programs);
  else await buildAll(programs, jobs, values.force ?? false);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof BuildError)) throw error;
  process.stderr.write(`trivet: ${error.message}\n`);
  process.exitCode = 1;
});

import { type Command, Option } from 'commander';
import { architectures } from '../../artifacts/catalog.ts';
import { releases } from '../../artifacts/versions.ts';
import type { Output } from '../output.ts';
import type { Target, TargetOptions } from '../target.ts';
import { type ArtifactFlags, listArtifacts, lockArtifacts, mirrorArtifacts } from './artifacts.ts';

type Flags = ArtifactFlags & TargetOptions & { readonly json?: boolean };

/** How the program runs a command: with an output alone, or with a deployment too. */
export interface Runner {
  onTarget(command: Command): Command;
  run(flags: Flags, command: (output: Output) => Promise<number>): Promise<void>;
  runOnTarget(flags: Flags, command: (target: Target, output: Output) => Promise<number>): Promise<void>;
}

function choosing(command: Command): Command {
  return command
    .option('--only <name...>', 'these programs or images alone, such as kubelet or coredns')
    .addOption(
      new Option('--kubernetes <minor>', 'those of one Kubernetes minor').choices(Object.keys(releases)),
    )
    .addOption(new Option('--architecture <name>', 'those of one architecture').choices([...architectures]))
    .option('--file <lock>', 'another lock than the one that is committed');
}

const via = ['--via <url>', 'a mirror that you trust: https://HOST/PATH is asked as URL/HOST/PATH'] as const;
const json = ['--json', 'print one JSON object as the last line of stdout'] as const;

/** `trivet artifacts …`: the programs and images of nodes, pinned and mirrored. */
export function addArtifactCommands(program: Command, { onTarget, run, runOnTarget }: Runner): void {
  const artifacts = program
    .command('artifacts')
    .description('programs and images of nodes: pinned by hash, mirrored into the deployment’s bucket');
  choosing(artifacts.command('list'))
    .description('what is pinned and what is missing; exit code 0: nothing is missing, 2: something is')
    .option(...json)
    .action((flags: Flags) => run(flags, (output) => listArtifacts(flags, output)));
  choosing(artifacts.command('lock'))
    .description('download what is not pinned, hold it against its project’s checksums, and pin it')
    .option('--dry-run', 'say what would be downloaded, and download nothing')
    .option('--keep <folder>', 'keep the files there, for mirror --from')
    .option(...via)
    .option(...json)
    .action((flags: Flags & { keep?: string; dryRun?: boolean }) =>
      run(flags, (output) => lockArtifacts(flags, output)),
    );
  choosing(onTarget(artifacts.command('mirror')))
    .description('bring what is pinned into the deployment’s bucket; safe to repeat')
    .option('--from <folder>', 'take the files from a folder that lock --keep filled')
    .option(...via)
    .action((flags: Flags & { from?: string }) =>
      runOnTarget(flags, (target, output) => mirrorArtifacts(target, flags, output)),
    );
}

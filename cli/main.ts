import { Command, CommanderError, Option } from 'commander';
import type { ClusterSpec } from '../functions/clusters/spec.ts';
import { addArtifactCommands, type Runner } from './commands/artifact-commands.ts';
import type { ConsoleFlags } from './commands/console.ts';
import { type EventsFlags, showEvents } from './commands/events.ts';
import { explain } from './commands/explain.ts';
import { giveKubeconfig, type KubeconfigFlags } from './commands/kubeconfig.ts';
import { planSpec } from './commands/plan.ts';
import { provisionSpec } from './commands/provision.ts';
import { type RetireFlags, retireCluster } from './commands/retire.ts';
import { addRunbookCommands } from './commands/runbook-commands.ts';
import { readSize, type ScaleFlags, scalePool } from './commands/scale.ts';
import { printSchema } from './commands/schema.ts';
import { showStatus } from './commands/status.ts';
import { CommandError, createOutput, type Output } from './output.ts';
import { readSpecFile } from './spec-file.ts';
import { findTarget, type Target, type TargetOptions } from './target.ts';

interface CommonFlags extends TargetOptions {
  readonly json?: boolean;
}

let exitCode = 0;

/** Options of every command that talks to a deployment. */
function onTarget(command: Command): Command {
  return command
    .option('--endpoint <url>', 'endpoint of an embedded region (default: AWS_ENDPOINT_URL, else AWS itself)')
    .option('--region <name>', 'AWS region (default: AWS_REGION)')
    .option('--deployment <name>', 'name of the deployment', 'trivet')
    .option('--json', 'print one JSON object as the last line of stdout');
}

async function withTarget(
  flags: CommonFlags,
  run: (target: Target, output: Output) => Promise<number>,
): Promise<void> {
  exitCode = await run(await findTarget(flags), createOutput({ json: flags.json === true }));
}

/** What is wrong with the spec is said before anybody is asked anything. */
async function withSpec(
  file: string,
  flags: CommonFlags,
  run: (target: Target, spec: ClusterSpec, output: Output) => Promise<number>,
): Promise<void> {
  const spec = readSpecFile(file);
  await withTarget(flags, (target, output) => run(target, spec, output));
}

/** The region is a large import: only the commands that run one pay for it. */
function regionOptions(command: Command): Command {
  return command
    .option(
      '--port <number>',
      'port of the endpoint, 0 for any free one (default: TRIVET_REGION_PORT, else 4566)',
    )
    .addOption(
      new Option('--delays <profile>', 'how long AWS takes').choices(['fast', 'real']).default('fast'),
    )
    .option('--verbose', 'print what the region does');
}

/** What only looks, and tells why. */
function addLookingCommands(program: Command): void {
  onTarget(program.command('explain <cluster> [subject]'))
    .description(
      'how a cluster, a slot (its letter) or a node (its instance) is, why it waits, and what would make it move',
    )
    .action((cluster: string, subject: string | undefined, flags: CommonFlags) =>
      withTarget(flags, (target, output) => explain(target, cluster, subject, output)),
    );
  onTarget(program.command('events <cluster>'))
    .description('what was decided and done, and why; with --json one object a line')
    .option('--follow', 'go on until Ctrl-C')
    .option('--since <length>', 'how far back: 30m, 2h, 3d', '1h')
    .action((cluster: string, flags: CommonFlags & EventsFlags) =>
      withTarget(flags, (target, output) => showEvents(target, cluster, flags, output)),
    );
  onTarget(program.command('console'))
    .description(
      'serve a page on this machine that shows clusters live, starts runbooks, and breaks an embedded region',
    )
    .option(
      '--port <number>',
      'port of the page, 0 for any free one (default: TRIVET_CONSOLE_PORT, else 4580)',
    )
    .option('--no-open', 'open no browser')
    .action(async (flags: CommonFlags & ConsoleFlags) => {
      // The page is bundled when it is served: only this command pays for it.
      const { runConsole } = await import('./commands/console.ts');
      await withTarget(flags, (target, output) => runConsole(target, flags, output));
    });
}

/** Takes a cluster away. */
function addRetireCommand(program: Command): void {
  onTarget(program.command('retire <cluster>'))
    .description(
      'show what is there of a cluster; with --confirm, delete it all and follow the workflow; safe to repeat',
    )
    .option('--confirm <name>', "the cluster's name again: without it nothing is deleted")
    .option('--keep-volumes', 'hand the volumes of etcd over to you instead of deleting them')
    .option('--dry-run', 'show it only; exit code 0: nothing is left, 2: something is there')
    .action((cluster: string, flags: CommonFlags & RetireFlags) =>
      withTarget(flags, (target, output) => retireCluster(target, cluster, flags, output)),
    );
}

function buildProgram(): Command {
  const program = new Command('trivet')
    .description('Highly available Kubernetes on your own EC2 instances, run by a serverless control plane.')
    .exitOverride()
    .showHelpAfterError('(trivet --help lists the commands)');
  addClusterCommands(program);
  addLookingCommands(program);
  const runner: Runner = {
    onTarget,
    run: async (flags, command) => {
      exitCode = await command(createOutput({ json: flags.json === true }));
    },
    runOnTarget: withTarget,
  };
  addRunbookCommands(program, runner);
  addArtifactCommands(program, runner);
  program
    .command('schema')
    .description("print the cluster spec's JSON Schema")
    .action(() => {
      exitCode = printSchema();
    });
  addRegionCommands(program);
  return program;
}

/** Commands about clusters of a deployment. */
function addClusterCommands(program: Command): void {
  onTarget(program.command('plan <file>'))
    .description('show what provisioning the spec would do; exit code 0: nothing, 2: changes, 1: refused')
    .action((file: string, flags: CommonFlags) => withSpec(file, flags, planSpec));
  onTarget(program.command('provision <file>'))
    .description('make the cluster as the spec says, and follow the workflow; safe to repeat')
    .action((file: string, flags: CommonFlags) => withSpec(file, flags, provisionSpec));
  addRetireCommand(program);
  onTarget(program.command('status [cluster]'))
    .description(
      'slots, members, pools, running executions, alarms, last decisions; exit code 0: all healthy, 2: not',
    )
    .action((cluster: string | undefined, flags: CommonFlags) =>
      withTarget(flags, (target, output) => showStatus(target, cluster, output)),
    );
  onTarget(program.command('scale <cluster>'))
    .description(
      'give a pool as many workers as you say, draining those that are too many, and follow the workflow; safe to repeat',
    )
    .requiredOption('--pool <name>', 'pool of the cluster')
    .requiredOption('--size <number>', 'workers that the pool is to have over all its zones')
    .option(
      '--dry-run',
      'say what would change, and change nothing; exit code 0: nothing, 2: changes, 1: refused',
    )
    .action((cluster: string, flags: CommonFlags & ScaleFlags) => {
      const size = readSize(flags.size);
      return withTarget(flags, (target, output) => scalePool(target, { ...flags, cluster, size }, output));
    });
  onTarget(program.command('kubeconfig <cluster>'))
    .description('write a client certificate that ends after some hours into your kubeconfig')
    .option('--hours <number>', 'hours until it ends, 1 to 168 (default: 12)')
    .option(
      '--file <path>',
      'kubeconfig to merge into (default: the first of KUBECONFIG, else ~/.kube/config)',
    )
    .option('--stdout', 'print a kubeconfig of its own instead; no file is touched')
    .option('--no-use', 'leave the current context as it is')
    .action((cluster: string, flags: CommonFlags & KubeconfigFlags) =>
      withTarget(flags, (target, output) => giveKubeconfig(target, cluster, flags, output)),
    );
}

/** Commands that run an embedded region. */
function addRegionCommands(program: Command): void {
  regionOptions(program.command('region'))
    .description('run an empty embedded region until Ctrl-C')
    .action(async (flags) => {
      const { runRegion } = await import('./commands/region.ts');
      exitCode = await runRegion(flags);
    });
  regionOptions(program.command('start'))
    .description('the whole system on this machine: region, deployment, a cluster')
    .option('--once', 'exit after verification instead of staying up')
    .option('--lose <slot>', "terminate this slot's instance while a client writes, and wait for the heal")
    .option(
      '--load <file>',
      'apply Kubernetes manifests once the cluster is whole, and wait until their pods run on workers that come up for them; with --once they are deleted then',
    )
    .option('--json', 'print one JSON object as the last line of stdout')
    .option('--spec <file>', 'cluster spec (default: examples/ha.yaml, with --load examples/two-pools.yaml)')
    .option('--vpc-cidr <cidr>', 'network of the embedded deployment, within 127.0.0.0/9', '127.80.0.0/16')
    .action(async (flags) => {
      const { start } = await import('./start/start.ts');
      exitCode = await start(flags);
    });
}

/** An answer of a service, such as AccessDenied or throttling: its words tell more than where it was asked. */
function isOfService(error: unknown): error is Error {
  return error instanceof Error && '$metadata' in error;
}

try {
  await buildProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) exitCode = error.exitCode;
  else if (error instanceof CommandError) {
    process.stderr.write(`trivet: ${error.message}\n`);
    exitCode = 1;
  } else if (isOfService(error)) {
    process.stderr.write(`trivet: AWS refused: ${error.name}: ${error.message}\n`);
    exitCode = 1;
  } else throw error;
}
// SDK clients keep sockets open for reuse; the work is done.
process.exit(exitCode);

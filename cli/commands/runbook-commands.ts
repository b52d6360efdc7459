import type { Command } from 'commander';
import { approveRunbook, stopRunbook } from '../runbooks/act.ts';
import { listRunbooks, showRunbook } from '../runbooks/list.ts';
import { startRunbook } from '../runbooks/start.ts';
import { watchRunbook } from '../runbooks/watch.ts';
import type { TargetOptions } from '../target.ts';
import type { Runner } from './artifact-commands.ts';

type Flags = TargetOptions & { readonly json?: boolean };

/** `trivet runbook …`: what the console does under Systems Manager, Automation, on AWS and on an embedded region alike (ADR 22). */
export function addRunbookCommands(program: Command, { onTarget, runOnTarget }: Runner): void {
  const runbook = program
    .command('runbook')
    .description(
      'what a person may have done to a cluster: the same SSM Automation documents as in the console',
    );
  onTarget(runbook.command('list'))
    .description('the runbooks, and the automations that were started of late')
    .action((flags: Flags) => runOnTarget(flags, listRunbooks));
  runbook
    .command('show <name>')
    .description('what a runbook does, what it asks, and what is left when it is stopped')
    .action((name: string) => showRunbook(name));
  onTarget(runbook.command('start <name> [parameters...]'))
    .description(
      'start a runbook, parameters as Name=value, and watch it to its end; exit code 0: it succeeded',
    )
    .option('--approver <arn...>', 'who may approve, where it needs that (default: yourself)')
    .option('--no-watch', 'start it, print its ID and end')
    .action((name: string, parameters: string[], flags: Flags & { approver?: string[]; watch: boolean }) =>
      runOnTarget(flags, (target, output) => startRunbook(target, { name, parameters, ...flags }, output)),
    );
  onTarget(runbook.command('watch <id>'))
    .description('follow an automation to its end; exit code 0: it succeeded')
    .action((id: string, flags: Flags) =>
      runOnTarget(flags, (target, output) => watchRunbook(target, id, output)),
    );
  onTarget(runbook.command('approve <id>'))
    .description('approve an automation that waits for it')
    .option('--reject', 'reject it instead: nothing happens, and it ends')
    .option('--comment <text>', 'for those who see it later')
    .action((id: string, flags: Flags & { reject?: boolean; comment?: string }) =>
      runOnTarget(flags, (target, output) => approveRunbook(target, id, flags, output)),
    );
  onTarget(runbook.command('stop <id>'))
    .description('stop an automation and the workflow that it has started, and say what is left')
    .action((id: string, flags: Flags) =>
      runOnTarget(flags, (target, output) => stopRunbook(target, id, output)),
    );
}

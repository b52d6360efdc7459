import { spawn } from 'node:child_process';
import { openConsole } from '../console/open-console.ts';
import { CommandError, type Output } from '../output.ts';
import type { Target } from '../target.ts';
import { interrupted } from './interrupted.ts';

export interface ConsoleFlags {
  readonly port?: string;
  /** False with --no-open. */
  readonly open: boolean;
}

/** Port of the console, where neither flag nor TRIVET_CONSOLE_PORT names another. */
const defaultPort = 4580;

/** `trivet console`: serves the page until Ctrl-C. Throws CommandError for a bad port, and for one that is taken. */
export async function runConsole(target: Target, flags: ConsoleFlags, output: Output): Promise<number> {
  const { promise } = interrupted();
  const server = await openConsole(target, consolePort(flags.port));
  output.say(`The console of ${target.deployment} in ${target.endpoint ?? target.region} is at`);
  output.say(`  ${server.url}`);
  output.say('Ctrl-C ends it.');
  output.result({ url: server.url });
  if (flags.open && !output.json && process.stdout.isTTY) openInBrowser(server.url);
  await promise;
  await server.close();
  return 0;
}

/** The port that a person asked for. Throws CommandError for what is none. */
export function consolePort(flag: string | undefined): number {
  const text = flag ?? process.env.TRIVET_CONSOLE_PORT ?? String(defaultPort);
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new CommandError(`${text} is no port: give a number from 0 (any) to 65535.`);
  return port;
}

/** Where there is no browser, the address that was printed is enough. */
function openInBrowser(url: string): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

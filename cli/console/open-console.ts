import { join } from 'node:path';
import { EC2 } from '@aws-sdk/client-ec2';
import { SFN } from '@aws-sdk/client-sfn';
import { clientSettings } from '../../functions/aws/client-settings.ts';
import { CommandError } from '../output.ts';
import type { Target } from '../target.ts';
import { breakIt, isLoopback } from './breaks.ts';
import type { ActionAnswer, ActionRequest } from './contracts.ts';
import { createFeed, type Feed } from './feed.ts';
import { followExecution } from './follow-execution.ts';
import { isDestructive } from './offers.ts';
import { buildPage } from './page.ts';
import { createReader } from './reader.ts';
import { makeRunbookDeps, startRunbook } from './runbooks.ts';
import { type ConsoleServer, serveConsole } from './server.ts';
import { makeSnapshot } from './snapshot.ts';
import { keepToken } from './token.ts';

/** Below the project, out of git. */
const tokenPath = join(import.meta.dirname, '..', '..', '.trivet', 'console-token');

/** How often is looked: an embedded region is this machine's own, AWS counts its calls. */
const localMilliseconds = 2_000;
const awsMilliseconds = 5_000;
const timeoutMilliseconds = 10_000;

/** Starts the console of a deployment on a loopback port; 0 takes any free one. Throws ConsolePortTakenError. */
export async function openConsole(target: Target, port: number): Promise<ConsoleServer> {
  const { endpoint } = target;
  const everyMilliseconds =
    endpoint !== undefined && isLoopback(endpoint) ? localMilliseconds : awsMilliseconds;
  const pace = { everyMilliseconds, timeoutMilliseconds };
  const reader = createReader(target);
  const settings = clientSettings(target.config);
  const [states, ec2] = [new SFN(settings), new EC2(settings)];
  const executionPrefix = target.stateMachineArn('').replace(':stateMachine:', ':execution:');
  const snapshots = feedsBy((cluster: string) =>
    createFeed({
      read: async (signal) => makeSnapshot(await reader.read(cluster === '' ? undefined : cluster, signal)),
      ...pace,
    }),
  );
  const executions = feedsBy((executionArn: string) =>
    createFeed({ read: followExecution(states, executionArn), ...pace }),
  );
  const runbooks = makeRunbookDeps(target);
  return serveConsole(
    {
      page: await buildPage(),
      token: keepToken(tokenPath),
      snapshots: (cluster) => snapshots(cluster ?? ''),
      execution: (executionArn) =>
        executionArn.startsWith(executionPrefix) ? executions(executionArn) : undefined,
      act: (request) => carryOut(request, { runbooks, breaks: { endpoint, ec2 } }),
    },
    port,
  );
}

interface ActionDeps {
  readonly runbooks: Parameters<typeof startRunbook>[2];
  readonly breaks: Parameters<typeof breakIt>[2];
}

/** Does what a person asked for at the page. Throws CommandError where the cluster's name had to be typed and was not. */
export async function carryOut(
  { confirm, kind, name, parameters }: ActionRequest,
  { breaks, runbooks }: ActionDeps,
): Promise<ActionAnswer> {
  const { cluster = '' } = parameters;
  if (isDestructive(name) && (cluster === '' || confirm !== cluster))
    throw new CommandError(`confirm: type the name of the cluster, ${cluster}, to have this done.`);
  return kind === 'runbook' ? startRunbook(name, parameters, runbooks) : breakIt(name, parameters, breaks);
}

/** One feed for each key, for as long as anybody listens to it. */
function feedsBy<T>(create: (key: string) => Feed<T>): (key: string) => Feed<T> {
  const feeds = new Map<string, { readonly feed: Feed<T>; listeners: number }>();
  return (key) => ({
    subscribe(listener) {
      const kept = feeds.get(key) ?? { feed: create(key), listeners: 0 };
      feeds.set(key, kept);
      kept.listeners += 1;
      const end = kept.feed.subscribe(listener);
      return () => {
        end();
        kept.listeners -= 1;
        if (kept.listeners === 0) feeds.delete(key);
      };
    },
  });
}

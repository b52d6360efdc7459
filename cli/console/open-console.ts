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
import { answerApproval, startRunbook } from './runbooks.ts';
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
  return serveConsole(
    {
      page: await buildPage(),
      token: keepToken(tokenPath),
      snapshots: (cluster) => snapshots.of(cluster ?? ''),
      execution: (executionArn) =>
        executionArn.startsWith(executionPrefix) ? executions.of(executionArn) : undefined,
      act: async (request) => {
        const answer = await carryOut(target, request, ec2);
        snapshots.hurry();
        return answer;
      },
    },
    port,
  );
}

/** Does what a person asked for at the page. Throws CommandError where the cluster's name had to be typed and was not. */
export async function carryOut(
  target: Target,
  request: ActionRequest,
  ec2: Pick<EC2, 'terminateInstances'>,
): Promise<ActionAnswer> {
  const { cluster, confirm, kind, name, parameters } = request;
  if (isDestructive(name) && (cluster === '' || confirm !== cluster))
    throw new CommandError(`confirm: type the name of the cluster, ${cluster}, to have this done.`);
  switch (kind) {
    case 'runbook':
      return startRunbook(target, request);
    case 'approval':
      return answerApproval(target, request);
    case 'break':
      return breakIt(name, parameters, { endpoint: target.endpoint, ec2 });
    default:
      return kind satisfies never;
  }
}

interface Feeds<T> {
  of(key: string): Pick<Feed<T>, 'subscribe'>;
  hurry(): void;
}

/** One feed for each key, for as long as anybody listens to it. */
function feedsBy<T>(create: (key: string) => Feed<T>): Feeds<T> {
  const feeds = new Map<string, { readonly feed: Feed<T>; listeners: number }>();
  return {
    of: (key) => ({
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
    }),
    hurry: () => {
      for (const { feed } of feeds.values()) feed.hurry();
    },
  };
}

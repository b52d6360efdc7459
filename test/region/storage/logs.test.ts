import { beforeEach, describe, expect, test } from 'vitest';
import type { Kernel } from '../../../region/kernel/kernel.ts';
import { createLogs, type LogsService } from '../../../region/services/logs/index.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

let kernel: Kernel;
let logs: ReturnType<typeof caller>;
let time: number;

const logGroupName = '/aws/lambda/trivet-sweep';
const logStreamName = '2026/11/22/[1]abc';

interface Page {
  readonly events: { readonly message: string }[];
  readonly nextForwardToken: string;
  readonly nextBackwardToken: string;
}

beforeEach(async () => {
  kernel = await regionOf(createLogs);
  logs = caller(kernel, 'logs');
  time = kernel.clock.now().getTime();
  await logs('createLogGroup', { logGroupName });
  await logs('createLogStream', { logGroupName, logStreamName });
});

const put = (messages: readonly string[], start = time) =>
  logs('putLogEvents', {
    logGroupName,
    logStreamName,
    logEvents: messages.map((message, index) => ({ message, timestamp: start + index })),
  });
const get = (extra: object = {}) => logs<Page>('getLogEvents', { logGroupName, logStreamName, ...extra });
const messages = (page: Page): string[] => page.events.map((event) => event.message);

describe('groups and streams', () => {
  test('a group is described with its ARN, retention and tags, and deleted', async () => {
    await logs('putRetentionPolicy', { logGroupName, retentionInDays: 30 });
    expect(await logs('describeLogGroups', { logGroupNamePrefix: '/aws/lambda' })).toMatchObject({
      logGroups: [
        {
          logGroupName,
          retentionInDays: 30,
          arn: 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/trivet-sweep:*',
        },
      ],
    });
    const resourceArn = 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/trivet-sweep';
    await logs('tagResource', { resourceArn, tags: { a: '1' } });
    expect(await logs('listTagsForResource', { resourceArn })).toEqual({ tags: { a: '1' } });
    await logs('deleteLogGroup', { logGroupName });
    expect(await logs('describeLogGroups')).toEqual({ logGroups: [] });
  });

  test('what exists already, is missing or badly named is refused', async () => {
    expect(await refusedWith(logs('createLogGroup', { logGroupName }))).toBe(
      'ResourceAlreadyExistsException',
    );
    expect(await refusedWith(logs('createLogStream', { logGroupName, logStreamName }))).toBe(
      'ResourceAlreadyExistsException',
    );
    expect(await refusedWith(logs('createLogGroup', { logGroupName: 'bad name' }))).toBe(
      'InvalidParameterException',
    );
    expect(await refusedWith(logs('createLogStream', { logGroupName, logStreamName: 'a:b' }))).toBe(
      'InvalidParameterException',
    );
    expect(await refusal(logs('deleteLogGroup', { logGroupName: 'none' }))).toMatchObject({
      code: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    });
    expect(await refusedWith(logs('putRetentionPolicy', { logGroupName, retentionInDays: 2 }))).toBe(
      'InvalidParameterException',
    );
  });

  test('streams come by name, or the last written first', async () => {
    await logs('createLogStream', { logGroupName, logStreamName: 'a' });
    await put(['x']);
    const names = async (extra: object) => {
      const { logStreams } = await logs<{ logStreams: { logStreamName: string }[] }>('describeLogStreams', {
        logGroupName,
        ...extra,
      });
      return logStreams.map((stream) => stream.logStreamName);
    };
    expect(await names({})).toEqual([logStreamName, 'a']);
    expect(await names({ orderBy: 'LastEventTime', descending: true })).toEqual([logStreamName, 'a']);
    expect(await names({ orderBy: 'LastEventTime' })).toEqual(['a', logStreamName]);
  });
});

describe('events', () => {
  test('events are read from either end, and a token at the end comes back as it was', async () => {
    await put(['1', '2', '3', '4', '5']);
    const head = await get({ startFromHead: true, limit: 2 });
    expect(messages(head)).toEqual(['1', '2']);
    const next = await get({ nextToken: head.nextForwardToken, limit: 10 });
    expect(messages(next)).toEqual(['3', '4', '5']);
    const end = await get({ nextToken: next.nextForwardToken });
    expect(end.events).toEqual([]);
    expect(end.nextForwardToken).toBe(next.nextForwardToken);
    await put(['6'], time + 10);
    expect(messages(await get({ nextToken: end.nextForwardToken }))).toEqual(['6']);
    const tail = await get({ limit: 2 });
    expect(messages(tail)).toEqual(['5', '6']);
    expect(messages(await get({ nextToken: tail.nextBackwardToken, limit: 2 }))).toEqual(['3', '4']);
    expect(await refusedWith(get({ nextToken: 'nonsense' }))).toBe('InvalidParameterException');
  });

  test('a filter takes terms, alternatives and exclusions over all streams', async () => {
    await put(['ERROR volume lost', 'INFO volume attached', 'ERROR lease lost', 'WARN "slow"']);
    const filter = async (filterPattern: string) => {
      const { events } = await logs<Page>('filterLogEvents', { logGroupName, filterPattern });
      return events.map((event) => event.message);
    };
    expect(await filter('ERROR')).toEqual(['ERROR volume lost', 'ERROR lease lost']);
    expect(await filter('ERROR -lease')).toEqual(['ERROR volume lost']);
    expect(await filter('"volume lost"')).toEqual(['ERROR volume lost']);
    expect(await filter('?INFO ?WARN')).toEqual(['INFO volume attached', 'WARN "slow"']);
    expect(await refusedWith(filter('[level, ...]'))).toBe('NotImplementedByEmbeddedRegion');
  });

  test('a batch must be in order, within a day and within its size', async () => {
    const send = (logEvents: object[]) =>
      refusedWith(logs('putLogEvents', { logGroupName, logStreamName, logEvents }));
    const event = (timestamp: number, message = 'x') => ({ timestamp, message });
    expect(await send([])).toBe('InvalidParameterException');
    expect(await send([event(time), event(time - 1)])).toBe('InvalidParameterException');
    expect(await send([event(time - 90_000_000), event(time)])).toBe('InvalidParameterException');
    expect(await send([event(time, 'x'.repeat(1_048_576))])).toBe('InvalidParameterException');
    expect(await put(['old'], time - 15 * 86_400_000)).toMatchObject({
      rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 },
    });
    expect((await get()).events).toEqual([]);
  });

  test('lines of a function make their group and stream', async () => {
    (kernel.service('logs') as LogsService).append('/aws/lambda/new', 'stream', ['hello', '', 'world']);
    const page = await logs<Page>('getLogEvents', {
      logGroupName: '/aws/lambda/new',
      logStreamName: 'stream',
    });
    expect(messages(page)).toEqual(['hello', 'world']);
  });

  test('a stream keeps its last events only', async () => {
    const service = kernel.service('logs') as LogsService;
    for (let line = 0; line < 20_001; line += 1) service.append('group', 'stream', `${line}`);
    const page = await logs<Page>('getLogEvents', {
      logGroupName: 'group',
      logStreamName: 'stream',
      startFromHead: true,
      limit: 1,
    });
    expect(messages(page)).toEqual(['5001']);
  });
});

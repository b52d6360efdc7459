import type {
  CloudWatchLogs,
  CreateLogGroupCommandInput,
  DescribeLogGroupsCommandInput,
  DescribeLogStreamsCommandInput,
  LogStream as ShownStream,
} from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import {
  addGroup,
  addStream,
  groupOf,
  invalid,
  type LogGroup,
  type LogStream,
  type LogsState,
  streamOf,
} from './state.ts';

/** Days that PutRetentionPolicy takes. */
const retentions = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

/** Log groups and streams. Retention is kept and shown; nothing here lives long enough to expire. */
export function groupOperations(logs: LogsState) {
  return {
    createLogGroup: (input) => createLogGroup(logs, input),
    deleteLogGroup: (input) => {
      logs.groups.delete(groupOf(logs, input.logGroupName).name);
      return {};
    },
    describeLogGroups: (input) => describeLogGroups(logs, input),
    putRetentionPolicy: (input) => {
      const group = groupOf(logs, input.logGroupName);
      const days = input.retentionInDays ?? 0;
      if (!retentions.has(days))
        throw invalid(`The retention ${days} is not one of ${[...retentions].join(', ')}`);
      group.retentionInDays = days;
      return {};
    },
    deleteRetentionPolicy: (input) => {
      delete groupOf(logs, input.logGroupName).retentionInDays;
      return {};
    },
    createLogStream: (input) => {
      const group = groupOf(logs, input.logGroupName);
      const name = checkStreamName(input.logStreamName ?? '');
      if (group.streams.has(name)) {
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
      }
      addStream(logs, group, name);
      return {};
    },
    deleteLogStream: (input) => {
      const group = groupOf(logs, input.logGroupName);
      group.streams.delete(streamOf(group, input.logStreamName).name);
      return {};
    },
    describeLogStreams: (input) => describeLogStreams(logs, input),
    ...tagOperations(logs),
    ...resourcePolicyOperations(logs),
  } satisfies Operations<CloudWatchLogs>;
}

function tagOperations(logs: LogsState) {
  const add = (group: LogGroup, tags: Record<string, string> | undefined) => {
    const all = new Map([...group.tags, ...Object.entries(tags ?? {})]);
    group.tags = checkTags(all);
    return {};
  };
  return {
    tagResource: (input) => add(groupOf(logs, input.resourceArn), input.tags),
    untagResource: (input) => {
      const { tags } = groupOf(logs, input.resourceArn);
      for (const key of input.tagKeys ?? []) tags.delete(key);
      return {};
    },
    listTagsForResource: (input) => ({ tags: Object.fromEntries(groupOf(logs, input.resourceArn).tags) }),
    tagLogGroup: (input) => add(groupOf(logs, input.logGroupName), input.tags),
    untagLogGroup: (input) => {
      const { tags } = groupOf(logs, input.logGroupName);
      for (const key of input.tags ?? []) tags.delete(key);
      return {};
    },
    listTagsLogGroup: (input) => ({ tags: Object.fromEntries(groupOf(logs, input.logGroupName).tags) }),
  } satisfies Operations<CloudWatchLogs>;
}

/** Policies that let other services deliver logs; a region has ten at most. */
function resourcePolicyOperations(logs: LogsState) {
  const show = (name: string, policy: { document: string; updatedAt: number }) => ({
    policyName: name,
    policyDocument: policy.document,
    lastUpdatedTime: policy.updatedAt,
  });
  return {
    putResourcePolicy: (input) => {
      const { policyName: name = '', policyDocument: document = '' } = input;
      if (name === '' || document === '') throw invalid('policyName and policyDocument must be given');
      if (!logs.resourcePolicies.has(name) && logs.resourcePolicies.size >= 10) {
        throw new AwsError('LimitExceededException', 'Resource limit exceeded.');
      }
      const policy = { document, updatedAt: logs.kernel.clock.now().getTime() };
      logs.resourcePolicies.set(name, policy);
      return { resourcePolicy: show(name, policy) };
    },
    describeResourcePolicies: () => ({
      resourcePolicies: [...logs.resourcePolicies].map(([name, policy]) => show(name, policy)),
    }),
    deleteResourcePolicy: (input) => {
      if (logs.resourcePolicies.delete(input.policyName ?? '')) return {};
      throw new AwsError(
        'ResourceNotFoundException',
        `Policy with name [${input.policyName}] does not exist`,
      );
    },
  } satisfies Operations<CloudWatchLogs>;
}

function createLogGroup(logs: LogsState, input: CreateLogGroupCommandInput) {
  const name = input.logGroupName ?? '';
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name) || /^aws\//.test(name)) {
    throw invalid(
      `1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
    );
  }
  if (logs.groups.has(name)) {
    throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
  }
  addGroup(logs, name, {
    groupClass: input.logGroupClass ?? 'STANDARD',
    kmsKeyId: input.kmsKeyId,
    tags: checkTags(new Map(Object.entries(input.tags ?? {}))),
  });
  return {};
}

function checkTags(tags: Map<string, string>): Map<string, string> {
  if (tags.size > 50) throw new AwsError('TooManyTagsException', 'A resource can have no more than 50 tags.');
  for (const [key, value] of tags) {
    if (key === '' || key.length > 128 || value.length > 256) throw invalid(`The tag ${key} is not valid`);
  }
  return tags;
}

function checkStreamName(name: string): string {
  if (/^[^:*]{1,512}$/.test(name)) return name;
  throw invalid(
    `1 validation error detected: Value '${name}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`,
  );
}

function describeLogGroups(logs: LogsState, input: DescribeLogGroupsCommandInput) {
  const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern } = input;
  if (prefix !== undefined && pattern !== undefined) {
    throw invalid('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
  }
  const asked = [...logs.groups.values()].filter(
    (group) =>
      group.name.startsWith(prefix ?? '') && group.name.toLowerCase().includes((pattern ?? '').toLowerCase()),
  );
  const { items, nextToken } = pageAfter(
    asked,
    (group) => group.name,
    checkLimit(input.limit, 50),
    input.nextToken,
    () => invalid('The specified nextToken is invalid.'),
  );
  return {
    logGroups: items.map((group) => ({
      logGroupName: group.name,
      creationTime: group.createdAt,
      ...(group.retentionInDays !== undefined && { retentionInDays: group.retentionInDays }),
      metricFilterCount: 0,
      arn: `${group.arn}:*`,
      logGroupArn: group.arn,
      storedBytes: [...group.streams.values()].reduce((sum, stream) => sum + stream.storedBytes, 0),
      ...(group.kmsKeyId !== undefined && { kmsKeyId: group.kmsKeyId }),
      logGroupClass: group.groupClass,
    })),
    ...(nextToken !== undefined && { nextToken }),
  };
}

function describeLogStreams(logs: LogsState, input: DescribeLogStreamsCommandInput) {
  const group = groupOf(logs, input.logGroupName ?? input.logGroupIdentifier);
  const byTime = input.orderBy === 'LastEventTime';
  if (byTime && input.logStreamNamePrefix !== undefined) {
    throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const asked = [...group.streams.values()].filter((each) =>
    each.name.startsWith(input.logStreamNamePrefix ?? ''),
  );
  const key = (stream: LogStream): string => {
    const position = byTime ? String(stream.events.at(-1)?.timestamp ?? 0).padStart(16, '0') : '';
    return `${position}\0${stream.name}`;
  };
  // A page goes forward; the other direction is the same list from its end.
  const ordered = asked.sort((left, right) => (key(left) < key(right) ? -1 : 1));
  if (input.descending) ordered.reverse();
  const positions = new Map(ordered.map((stream, index) => [stream, String(index).padStart(9, '0')]));
  const { items, nextToken } = pageAfter(
    ordered,
    (stream) => positions.get(stream) ?? '',
    checkLimit(input.limit, 50),
    input.nextToken,
    () => invalid('The specified nextToken is invalid.'),
  );
  return {
    logStreams: items.map((stream) => describeStream(group, stream)),
    ...(nextToken !== undefined && { nextToken }),
  };
}

function describeStream(group: LogGroup, stream: LogStream): ShownStream {
  const first = stream.events[0];
  const last = stream.events.at(-1);
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAt,
    ...(first && { firstEventTimestamp: first.timestamp }),
    ...(last && { lastEventTimestamp: last.timestamp }),
    ...(stream.lastIngestion !== undefined && { lastIngestionTime: stream.lastIngestion }),
    uploadSequenceToken: '49',
    arn: `${group.arn}:log-stream:${stream.name}`,
    storedBytes: 0,
  };
}

function checkLimit(limit: number | undefined, most: number): number {
  if (limit === undefined) return most;
  if (limit >= 1 && limit <= most) return limit;
  throw invalid(
    `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must be between 1 and ${most}`,
  );
}

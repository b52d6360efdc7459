import type { CreateScheduleInput, FlexibleTimeWindow, Scheduler, Target } from '@aws-sdk/client-scheduler';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Kernel, Operations, Service } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import { rateMilliseconds } from './expression.ts';
import { fire } from './fire.ts';
import { createGroups, type Groups } from './groups.ts';

interface Schedule {
  readonly name: string;
  readonly group: string;
  readonly arn: string;
  readonly expression: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly window: FlexibleTimeWindow;
  readonly target: Target;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly cancel: () => void;
}

const members = [
  'Name',
  'GroupName',
  'ScheduleExpression',
  'Description',
  'State',
  'FlexibleTimeWindow',
  'Target',
  'ClientToken',
  'ScheduleExpressionTimezone',
  'ActionAfterCompletion',
] as const;
const targetMembers = ['Arn', 'RoleArn', 'Input', 'RetryPolicy', 'DeadLetterConfig'] as const;

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** EventBridge Scheduler with `rate()` schedules. A rate is scaled by `delays.scheduleScale`; the first call comes after one interval. */
export function createScheduler(kernel: Kernel): Service {
  const groups = createGroups(kernel);
  const schedules = new Map<string, Schedule>();
  const keyOf = (name = '', group = 'default'): string => `${group}/${name}`;
  const find = (name: string | undefined, group: string | undefined): Schedule => {
    const schedule = schedules.get(keyOf(name, group));
    if (!schedule)
      throw new AwsError('ResourceNotFoundException', `Schedule ${name} does not exist.`, { status: 404 });
    return schedule;
  };
  const put = (input: CreateScheduleInput, createdAt: Date): Schedule => {
    const schedule = read(kernel, groups, input, createdAt);
    schedules.get(keyOf(schedule.name, schedule.group))?.cancel();
    schedules.set(keyOf(schedule.name, schedule.group), schedule);
    return schedule;
  };
  const operations = {
    ...groups.operations,
    createSchedule: (input) => {
      if (schedules.has(keyOf(input.Name, input.GroupName))) {
        throw new AwsError('ConflictException', `Schedule ${input.Name} already exists.`, { status: 409 });
      }
      return { ScheduleArn: put(input, kernel.clock.now()).arn };
    },
    // As on AWS, an update says everything anew: what it leaves out goes back to its default.
    updateSchedule: (input) => ({ ScheduleArn: put(input, find(input.Name, input.GroupName).createdAt).arn }),
    getSchedule: ({ Name: name, GroupName: group }) => shapeOf(find(name, group)),
    deleteSchedule: ({ Name: name, GroupName: group }) => {
      find(name, group).cancel();
      schedules.delete(keyOf(name, group));
      return {};
    },
    listSchedules: (input) => {
      onlyPlayed('scheduler.listSchedules', input, [
        'GroupName',
        'NamePrefix',
        'State',
        'NextToken',
        'MaxResults',
      ]);
      return {
        Schedules: [...schedules.values()]
          .map(shapeOf)
          .filter(({ Name: name, GroupName: group, State: state }) => {
            const named = name.startsWith(input.NamePrefix ?? '') && (input.GroupName ?? group) === group;
            return named && (input.State ?? state) === state;
          })
          .map(({ Target: target, ...rest }) => ({ ...rest, Target: { Arn: target.Arn } })),
      };
    },
  } satisfies Operations<Scheduler>;
  return {
    id: 'scheduler',
    operations,
    stop: async () => {
      for (const { cancel } of schedules.values()) cancel();
    },
  };
}

function read(kernel: Kernel, groups: Groups, input: CreateScheduleInput, createdAt: Date): Schedule {
  onlyPlayed('scheduler.createSchedule', input, members);
  const { Name: name = '', GroupName: group = 'default', FlexibleTimeWindow: window, Target: target } = input;
  if (!/^[0-9a-zA-Z-_.]{1,64}$/.test(name)) throw invalid(`The schedule name ${name} is malformed.`);
  groups.check(group);
  if (!window?.Mode) throw invalid('FlexibleTimeWindow must not be null.');
  if (window.Mode !== 'OFF')
    throw new NotPlayedError(`scheduler.createSchedule with FlexibleTimeWindow ${window.Mode}`);
  if (!target?.Arn || !target.RoleArn) throw invalid('Target must have an Arn and a RoleArn.');
  onlyPlayed('scheduler.createSchedule Target', target, targetMembers);
  if (!['lambda', 'states'].includes(target.Arn.split(':')[2] ?? ''))
    throw new NotPlayedError(`the Scheduler target ${target.Arn}`);
  const interval = rateMilliseconds(input.ScheduleExpression) * kernel.delays.scheduleScale;
  const arn = `arn:aws:scheduler:${kernel.region}:${kernel.accountId}:schedule/${group}/${name}`;
  const enabled = (input.State ?? 'ENABLED') === 'ENABLED';
  return {
    name,
    group,
    arn,
    expression: input.ScheduleExpression ?? '',
    description: input.Description ?? '',
    enabled,
    window,
    target,
    createdAt,
    modifiedAt: kernel.clock.now(),
    cancel: enabled
      ? repeat(kernel, interval, () => fire(kernel, arn, target, target.Input ?? defaultInput(kernel, arn)))
      : () => {},
  };
}

/** Calls `action` every `interval` milliseconds; a call that is still under way does not hold up the next. */
function repeat(kernel: Kernel, interval: number, action: () => Promise<void>): () => void {
  let cancel = (): void => {};
  const next = (): void => {
    cancel = kernel.clock.after(interval, () => {
      next();
      return action();
    });
  };
  next();
  return () => cancel();
}

/** What a target without Input gets from Scheduler. */
function defaultInput(kernel: Kernel, scheduleArn: string): string {
  return JSON.stringify({
    version: '0',
    id: kernel.ids.uuid(),
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: kernel.accountId,
    time: kernel.clock.now().toISOString(),
    region: kernel.region,
    resources: [scheduleArn],
    detail: '{}',
  });
}

function shapeOf(schedule: Schedule) {
  return {
    Arn: schedule.arn,
    Name: schedule.name,
    GroupName: schedule.group,
    ScheduleExpression: schedule.expression,
    ...(schedule.description ? { Description: schedule.description } : {}),
    State: schedule.enabled ? ('ENABLED' as const) : ('DISABLED' as const),
    FlexibleTimeWindow: schedule.window,
    Target: schedule.target,
    CreationDate: schedule.createdAt,
    LastModificationDate: schedule.modifiedAt,
  };
}

import type { Scheduler } from '@aws-sdk/client-scheduler';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, Operations } from '../../kernel/kernel.ts';

export interface Groups {
  readonly operations: Operations<Scheduler>;
  /** Throws ResourceNotFoundException. */
  check(name: string): void;
}

/** Schedule groups; `default` is always there. */
export function createGroups(kernel: Kernel): Groups {
  const groups = new Map<string, Date>([['default', kernel.clock.now()]]);
  const arnOf = (name: string): string =>
    `arn:aws:scheduler:${kernel.region}:${kernel.accountId}:schedule-group/${name}`;
  const check = (name: string): void => {
    if (groups.has(name)) return;
    throw new AwsError('ResourceNotFoundException', `Schedule group ${name} does not exist.`, {
      status: 404,
    });
  };
  const shapeOf = (name: string) => ({
    Arn: arnOf(name),
    Name: name,
    State: 'ACTIVE' as const,
    ...(groups.has(name) ? { CreationDate: groups.get(name) } : {}),
  });
  const operations: Operations<Scheduler> = {
    createScheduleGroup: ({ Name: name = '' }) => {
      if (groups.has(name))
        throw new AwsError('ConflictException', `Schedule group ${name} already exists.`, { status: 409 });
      groups.set(name, kernel.clock.now());
      return { ScheduleGroupArn: arnOf(name) };
    },
    getScheduleGroup: ({ Name: name = '' }) => {
      check(name);
      return shapeOf(name);
    },
    deleteScheduleGroup: ({ Name: name = '' }) => {
      check(name);
      if (name === 'default')
        throw new AwsError('ValidationException', 'The default group cannot be deleted.');
      groups.delete(name);
      return {};
    },
    listScheduleGroups: () => ({ ScheduleGroups: [...groups.keys()].map(shapeOf) }),
  };
  return { operations, check };
}

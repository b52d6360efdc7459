import type { Target } from '@aws-sdk/client-eventbridge';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { EventPattern } from './pattern.ts';

export interface Rule {
  readonly name: string;
  readonly arn: string;
  pattern: string;
  matches: EventPattern;
  description: string;
  enabled: boolean;
  readonly targets: Map<string, Target>;
  tags: Map<string, string>;
}

/** Rules of the default bus. */
export interface Rules {
  readonly byName: Map<string, Rule>;
  arnOf(name: string): string;
  /** Throws ResourceNotFoundException. */
  find(name: string | undefined): Rule;
  /** Throws ResourceNotFoundException for any bus but the default one. */
  checkBus(name: string | undefined): void;
}

export function createRules(kernel: Kernel): Rules {
  const byName = new Map<string, Rule>();
  const prefix = `arn:aws:events:${kernel.region}:${kernel.accountId}`;
  return {
    byName,
    arnOf: (name) => `${prefix}:rule/${name}`,
    find: (name = '') => {
      const rule = byName.get(name);
      if (!rule)
        throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
      return rule;
    },
    checkBus: (name) => {
      if (name === undefined || name === 'default' || name === `${prefix}:event-bus/default`) return;
      throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
    },
  };
}

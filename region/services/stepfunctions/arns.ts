import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';

const nameCharactersMax = 80;
/** What AWS keeps out of names: space, brackets, wildcards, special and control characters. */
const nameRefused = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u;

/** Checks the name of a state machine or an execution. Throws InvalidName. */
export function checkName(name: string | undefined): string {
  if (name === undefined || name === '' || name.length > nameCharactersMax || nameRefused.test(name)) {
    throw new AwsError('InvalidName', `Invalid Name: '${name ?? ''}'`);
  }
  return name;
}

/** Checks that a text is an ARN at all. Throws InvalidArn. */
export function checkArn(arn: string | undefined): string {
  if (arn === undefined || !/^arn:aws[a-z-]*:/.test(arn)) {
    throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn ?? ''}'`);
  }
  return arn;
}

/** Checks that a text is the ARN of an IAM role. Throws InvalidArn. */
export function checkRoleArn(arn: string | undefined): string {
  if (arn === undefined || !/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(arn)) {
    throw new AwsError('InvalidArn', `Invalid Role Arn: '${arn ?? ''}'`);
  }
  return arn;
}

export interface Arns {
  stateMachine(name: string): string;
  execution(stateMachineName: string, name: string): string;
}

/** ARNs of the kernel's account and region. */
export function createArns({ region, accountId }: Pick<Kernel, 'region' | 'accountId'>): Arns {
  const prefix = `arn:aws:states:${region}:${accountId}`;
  return {
    stateMachine: (name) => `${prefix}:stateMachine:${name}`,
    execution: (stateMachineName, name) => `${prefix}:execution:${stateMachineName}:${name}`,
  };
}

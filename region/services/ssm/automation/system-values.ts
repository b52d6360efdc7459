import type { Kernel } from '../../../kernel/kernel.ts';
import type { Execution } from './execution.ts';

/** The value of a system variable at this moment; undefined for other references. */
export function systemValue(kernel: Kernel, execution: Execution, reference: string): string | undefined {
  const [date = '', time = ''] = kernel.clock.now().toISOString().split('T');
  switch (reference) {
    case 'global:ACCOUNT_ID':
      return kernel.accountId;
    case 'global:AWS_PARTITION':
      return 'aws';
    case 'global:DATE':
      return date;
    case 'global:DATE_TIME':
      return `${date}_${time.slice(0, 8).replaceAll(':', '.')}`;
    case 'global:REGION':
      return kernel.region;
    case 'automation:EXECUTION_ID':
      return execution.id;
    default:
      return undefined;
  }
}

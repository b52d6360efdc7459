import type { Config } from '../../functions/runtime/config.ts';
import type { TaskContext } from '../../functions/runtime/task.ts';

/** A deployment as the tests know it. */
export const testConfig: Config = {
  deployment: 'trivet',
  region: 'us-east-1',
  registryTable: 'trivet-registry',
  bucket: 'trivet-123456789012-us-east-1',
  keyArn: 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555',
  vpcId: 'vpc-0000000000000000a',
  subnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
  etcdClientSecurityGroupId: 'sg-etcdclients',
  permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/trivet-boundary',
  addOnBoundaryArn: 'arn:aws:iam::123456789012:policy/trivet-add-on-boundary',
  stateMachineArnPrefix: 'arn:aws:states:us-east-1:123456789012:stateMachine:trivet-',
  longestTaskTimeoutSeconds: 120,
};

export interface FakeTaskContext extends TaskContext {
  /** What the task counted, `name` or `name{cluster=demo}` → sum. */
  readonly counted: Map<string, number>;
  readonly logged: { readonly level: string; readonly message: string; readonly fields: unknown }[];
}

/** A task's context at a fixed time, with log and metrics kept for the test. */
export function fakeTaskContext(
  options: { now?: string; config?: Partial<Config>; signal?: AbortSignal } = {},
): FakeTaskContext {
  const counted = new Map<string, number>();
  const logged: { level: string; message: string; fields: unknown }[] = [];
  const logAt = (level: string) => (message: string, fields?: unknown) => {
    logged.push({ level, message, fields });
  };
  return {
    counted,
    logged,
    signal: options.signal ?? new AbortController().signal,
    clock: { now: () => new Date(options.now ?? '2026-01-01T00:00:00.000Z') },
    config: { ...testConfig, ...options.config },
    log: { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') },
    metrics: {
      count(name, value = 1, dimensions = {}) {
        const labels = Object.entries(dimensions).map(([key, label]) => `${key}=${label}`);
        const key = labels.length > 0 ? `${name}{${labels.join(',')}}` : name;
        counted.set(key, (counted.get(key) ?? 0) + value);
      },
    },
  };
}

/** Fields of each part of a definition, as AWS accepts them for JSONata, where the embedded region plays them. */
export interface FieldTable {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const transforming = ['Comment', 'QueryLanguage', 'Assign', 'Output'];
const continuing = ['Next', 'End'];
const guarded = ['Retry', 'Catch'];

export const stateFields: Readonly<Record<string, FieldTable>> = {
  Task: {
    required: ['Type', 'Resource'],
    optional: [...transforming, ...continuing, ...guarded, 'Arguments', 'TimeoutSeconds', 'HeartbeatSeconds'],
  },
  Pass: { required: ['Type'], optional: [...transforming, ...continuing] },
  Choice: { required: ['Type', 'Choices'], optional: [...transforming, 'Default'] },
  Wait: { required: ['Type'], optional: [...transforming, ...continuing, 'Seconds', 'Timestamp'] },
  Succeed: { required: ['Type'], optional: ['Comment', 'QueryLanguage', 'Output'] },
  Fail: { required: ['Type'], optional: ['Comment', 'QueryLanguage', 'Error', 'Cause'] },
  Parallel: {
    required: ['Type', 'Branches'],
    optional: [...transforming, ...continuing, ...guarded, 'Arguments'],
  },
  Map: {
    required: ['Type', 'ItemProcessor'],
    optional: [
      ...transforming,
      ...continuing,
      ...guarded,
      'Items',
      'ItemSelector',
      'MaxConcurrency',
      'ToleratedFailureCount',
      'ToleratedFailurePercentage',
    ],
  },
};

export const machineFields: FieldTable = {
  required: ['StartAt', 'States'],
  optional: ['Comment', 'QueryLanguage', 'TimeoutSeconds', 'Version'],
};

export const graphFields: FieldTable = {
  required: ['StartAt', 'States'],
  optional: ['Comment', 'QueryLanguage', 'ProcessorConfig'],
};

export const choiceFields: FieldTable = {
  required: ['Condition', 'Next'],
  optional: ['Comment', 'Assign', 'Output'],
};

export const retrierFields: FieldTable = {
  required: ['ErrorEquals'],
  optional: ['Comment', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate', 'MaxDelaySeconds', 'JitterStrategy'],
};

export const catcherFields: FieldTable = {
  required: ['ErrorEquals', 'Next'],
  optional: ['Comment', 'Assign', 'Output'],
};

/** Fields of the other query language, for a message that says so. */
const jsonPathFields: ReadonlySet<string> = new Set([
  'InputPath',
  'OutputPath',
  'ResultPath',
  'ResultSelector',
  'Parameters',
  'Result',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'MaxConcurrencyPath',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentagePath',
  'ErrorPath',
  'CausePath',
  'Variable',
]);

/** Fields that AWS knows and the embedded region does not play. */
const notPlayedFields: ReadonlySet<string> = new Set([
  'Credentials',
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'Label',
  'Iterator',
]);

/** Why a field is refused. */
export function refusal(field: string): string {
  if (jsonPathFields.has(field)) return `Field '${field}' belongs to JSONPath; this state machine is JSONata`;
  if (notPlayedFields.has(field)) return `Field '${field}' is not played by the embedded region`;
  return `Field '${field}' is not supported`;
}

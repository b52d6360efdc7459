import type {
  DynamoDB,
  UpdateContinuousBackupsCommandInput,
  UpdateTimeToLiveCommandInput,
} from '@aws-sdk/client-dynamodb';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { type DynamodbState, invalid, type TableSettings, tableOf } from './tables.ts';

/**
 * Point-in-time recovery and time to live: remembered and shown. No item expires here: AWS promises only that an expired item goes
 * within a few days.
 */
export function tableSettingOperations(dynamodb: DynamodbState) {
  return {
    updateContinuousBackups: (input) => updateContinuousBackups(dynamodb, input),
    describeContinuousBackups: async (input) => {
      const settings = await backupSettings(dynamodb, input.TableName);
      return { ContinuousBackupsDescription: describeBackups(dynamodb, settings) };
    },
    updateTimeToLive: (input) => updateTimeToLive(dynamodb, input),
    describeTimeToLive: async (input) => {
      const { timeToLiveAttribute } = (await tableOf(dynamodb, input.TableName)).settings;
      return {
        TimeToLiveDescription:
          timeToLiveAttribute === undefined
            ? { TimeToLiveStatus: 'DISABLED' as const }
            : { TimeToLiveStatus: 'ENABLED' as const, AttributeName: timeToLiveAttribute },
      };
    },
  } satisfies Operations<DynamoDB>;
}

/** These operations have a not-found error of their own. */
async function backupSettings(dynamodb: DynamodbState, name: string | undefined): Promise<TableSettings> {
  try {
    return (await tableOf(dynamodb, name)).settings;
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'ResourceNotFoundException') throw error;
    throw new AwsError('TableNotFoundException', `Table not found: ${name}`);
  }
}

async function updateContinuousBackups(dynamodb: DynamodbState, input: UpdateContinuousBackupsCommandInput) {
  const settings = await backupSettings(dynamodb, input.TableName);
  const { PointInTimeRecoveryEnabled: enabled, RecoveryPeriodInDays: days = 35 } =
    input.PointInTimeRecoverySpecification ?? {};
  if (enabled === undefined) throw invalid('PointInTimeRecoveryEnabled must be given');
  if (days < 1 || days > 35) throw invalid('RecoveryPeriodInDays must be between 1 and 35');
  if (enabled) settings.recoverySince ??= dynamodb.kernel.clock.now();
  else delete settings.recoverySince;
  settings.recoveryDays = days;
  return { ContinuousBackupsDescription: describeBackups(dynamodb, settings) };
}

function describeBackups(dynamodb: DynamodbState, settings: TableSettings) {
  if (!settings.recoverySince) {
    return {
      ContinuousBackupsStatus: 'ENABLED' as const,
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' as const },
    };
  }
  return {
    ContinuousBackupsStatus: 'ENABLED' as const,
    PointInTimeRecoveryDescription: {
      PointInTimeRecoveryStatus: 'ENABLED' as const,
      RecoveryPeriodInDays: settings.recoveryDays,
      EarliestRestorableDateTime: settings.recoverySince,
      LatestRestorableDateTime: dynamodb.kernel.clock.now(),
    },
  };
}

async function updateTimeToLive(dynamodb: DynamodbState, input: UpdateTimeToLiveCommandInput) {
  const { settings } = await tableOf(dynamodb, input.TableName);
  const { Enabled: enabled, AttributeName: attribute } = input.TimeToLiveSpecification ?? {};
  if (enabled === undefined || !attribute)
    throw invalid('TimeToLiveSpecification must name Enabled and AttributeName');
  if (enabled && settings.timeToLiveAttribute !== undefined) throw invalid('TimeToLive is already enabled');
  if (!enabled && settings.timeToLiveAttribute === undefined) throw invalid('TimeToLive is already disabled');
  if (!enabled && settings.timeToLiveAttribute !== attribute) {
    throw invalid(
      `TimeToLive is active on a different AttributeName: current AttributeName is ${settings.timeToLiveAttribute}`,
    );
  }
  settings.timeToLiveAttribute = enabled ? attribute : undefined;
  return { TimeToLiveSpecification: { Enabled: enabled, AttributeName: attribute } };
}

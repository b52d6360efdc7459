import { AwsError } from '../../kernel/errors.ts';

/** One to ten entries with ids of their own, or the refusal that SQS gives for the batch as a whole. */
export function checkEntries<E extends { Id: string | undefined }>(
  entries: readonly E[] | undefined,
): readonly E[] {
  const list = entries ?? [];
  if (list.length === 0) {
    throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (list.length > 10) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are 10. You have sent ${list.length}.`,
    );
  }
  for (const { Id } of list) {
    if (!/^[a-zA-Z0-9_-]{1,80}$/.test(Id ?? '')) {
      throw new AwsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      );
    }
  }
  if (new Set(list.map((entry) => entry.Id)).size < list.length) {
    throw new AwsError(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    );
  }
  return list;
}

/** What became of one entry that was refused. */
export function failureOf(id: string | undefined, error: unknown) {
  if (!(error instanceof AwsError)) throw error;
  return { Id: id, SenderFault: true, Code: error.code, Message: error.message };
}

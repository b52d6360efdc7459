import { NotPlayedError } from '../../kernel/errors.ts';

/**
 * Refuses an input that has a member which the operation would silently drop: the embedded region is loud where it does not play
 * something (design §9). `undefined` members count as absent, as in the SDK.
 */
export function honour(operation: string, input: object, honoured: readonly string[]): void {
  for (const [member, value] of Object.entries(input)) {
    if (value !== undefined && !honoured.includes(member))
      throw new NotPlayedError(`${operation} with ${member}`);
  }
}

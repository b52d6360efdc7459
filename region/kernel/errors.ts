/**
 * An error that AWS itself would answer. The protocol layer gives it the wire form of the service that threw it.
 * `code` is the wire code (for example `InvalidVolume.ZoneMismatch`); `members` are modelled members of the error shape.
 */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { status?: number; members?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = options.status ?? 400;
    this.members = options.members ?? {};
  }
}

/** The embedded region was asked for something that it does not play: loud, never an empty answer (design §9). */
export class NotPlayedError extends AwsError {
  constructor(what: string) {
    super('NotImplementedByEmbeddedRegion', `The embedded region does not play ${what}.`, { status: 501 });
  }
}

import { AwsError } from '../../kernel/errors.ts';

export interface FunctionReference {
  readonly name: string;
  readonly qualifier?: string;
}

const fullArn =
  /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([A-Za-z0-9-_]+)(?::(\$LATEST|[A-Za-z0-9-_]+))?$/;
const partialArn = /^(\d{12}):function:([A-Za-z0-9-_]+)(?::(\$LATEST|[A-Za-z0-9-_]+))?$/;
const bareName = /^([A-Za-z0-9-_]{1,64})(?::(\$LATEST|[A-Za-z0-9-_]+))?$/;

/**
 * Reads the four forms in which Lambda takes a function: name, name:qualifier, partial ARN, full ARN.
 * A qualifier in the name and one beside it must agree. Throws ValidationException, InvalidParameterValueException.
 */
export function parseFunctionReference(text: string | undefined, qualifier?: string): FunctionReference {
  const [name, embedded] = split(text ?? '');
  if (embedded && qualifier && embedded !== qualifier) {
    throw new AwsError(
      'InvalidParameterValueException',
      `The derived qualifier from the function name does not match the specified qualifier.`,
    );
  }
  const chosen = qualifier ?? embedded;
  return chosen === undefined ? { name } : { name, qualifier: chosen };
}

function split(text: string): [string, string | undefined] {
  const full = fullArn.exec(text);
  if (full) return [full[3] ?? '', full[4]];
  const partial = partialArn.exec(text);
  if (partial) return [partial[2] ?? '', partial[3]];
  const bare = bareName.exec(text);
  if (bare) return [bare[1] ?? '', bare[2]];
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern.`,
  );
}

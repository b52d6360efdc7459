import { AwsError } from '../kernel/errors.ts';
import type { ServiceDefinition } from './definitions.ts';
import { isRecord, kindOf, membersOf, requiredCount, type Shape, traitsOf } from './shape.ts';

/** A required member that the input lacks. */
interface Missing {
  /** As Coral names it: lower-case first letters, `member` for list entries (`targets.1.member.id`). */
  readonly path: string;
  /** As the query protocols name the parameter: `BlockDeviceMapping.1.DeviceName`. */
  readonly parameter: string;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Every required member that is absent or null, in the schema's order, nested ones too. */
function findMissing(shape: Shape, value: unknown, path = '', parameter = ''): Missing[] {
  switch (kindOf(shape)) {
    case 'structure':
      return isRecord(value) ? missingMembers(shape, value, path, parameter) : [];
    case 'list': {
      if (!Array.isArray(value)) return [];
      const member = shape.getValueSchema();
      return value.flatMap((item, index) =>
        findMissing(member, item, `${path}.${index + 1}.member`, `${parameter}.${index + 1}`),
      );
    }
    case 'map': {
      if (!isRecord(value)) return [];
      const member = shape.getValueSchema();
      return Object.entries(value).flatMap(([key, item]) =>
        findMissing(member, item, `${path}.${key}.member`, `${parameter}.${key}`),
      );
    }
    default:
      return [];
  }
}

function missingMembers(
  shape: Shape,
  value: Record<string, unknown>,
  path: string,
  parameter: string,
): Missing[] {
  const required = requiredCount(shape);
  const missing: Missing[] = [];
  let index = 0;
  for (const [name, member] of membersOf(shape)) {
    const memberPath = path === '' ? lowerFirst(name) : `${path}.${lowerFirst(name)}`;
    const wireName = traitsOf(member).ec2QueryName ?? upperFirst(name);
    const memberParameter = parameter === '' ? wireName : `${parameter}.${wireName}`;
    const item = value[name];
    if (item !== undefined && item !== null)
      missing.push(...findMissing(member, item, memberPath, memberParameter));
    else if (index < required) missing.push({ path: memberPath, parameter: memberParameter });
    index += 1;
  }
  return missing;
}

/** Refuses an input that lacks required members, in the words and with the code of the service. */
export function assertRequired(definition: ServiceDefinition, shape: Shape, input: unknown): void {
  const missing = findMissing(shape, input);
  const [first] = missing;
  if (!first) return;
  if (definition.protocol === 'ec2Query')
    throw new AwsError('MissingParameter', `The request must contain the parameter ${first.parameter}`);
  if (definition.id === 'sqs')
    throw new AwsError('MissingParameter', `The request must contain the parameter ${first.parameter}.`);
  if (definition.id === 's3')
    throw new AwsError('InvalidRequest', `Missing required parameter for this request: ${first.parameter}`);
  const count = missing.length === 1 ? '1 validation error' : `${missing.length} validation errors`;
  const problems = missing.map(
    ({ path }) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  );
  const code = definition.protocol === 'awsQuery' ? 'ValidationError' : 'ValidationException';
  throw new AwsError(code, `${count} detected: ${problems.join('; ')}`);
}

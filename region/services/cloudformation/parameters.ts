import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { ParameterDeclaration, Template } from './template.ts';

export interface ResolvedParameter {
  /** What Ref gives: a string, or a list for the list types. */
  readonly value: string | readonly string[];
  /** What DescribeStacks shows: asterisks under NoEcho. */
  readonly shown: string;
  /** As given, before an SSM parameter was looked up. */
  readonly given: string;
}

const ssmPrefix = 'AWS::SSM::Parameter::Value<';

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/**
 * The value of every declared parameter: as given, from the previous deployment, or its default. Throws ValidationError, worded as
 * CloudFormation does, for one that is missing, not declared, or against its own constraints.
 */
export async function resolveParameters(
  kernel: Kernel,
  template: Template,
  given: ReadonlyMap<string, string>,
): Promise<Map<string, ResolvedParameter>> {
  const undeclared = [...given.keys()].filter((name) => !template.parameters[name]);
  if (undeclared.length > 0)
    throw invalid(`Parameters: [${undeclared.join(', ')}] do not exist in the template`);
  const missing = Object.entries(template.parameters)
    .filter(([name, declared]) => !given.has(name) && declared.Default === undefined)
    .map(([name]) => name);
  if (missing.length > 0) throw invalid(`Parameters: [${missing.join(', ')}] must have values`);
  const resolved = new Map<string, ResolvedParameter>();
  for (const [name, declared] of Object.entries(template.parameters)) {
    const raw = given.get(name) ?? String(declared.Default);
    check(name, declared, raw);
    const value = await typed(kernel, name, declared.Type, raw);
    const hidden = declared.NoEcho === true || declared.NoEcho === 'true';
    resolved.set(name, { value, given: raw, shown: hidden ? '****' : raw });
  }
  return resolved;
}

async function typed(kernel: Kernel, name: string, type: string, raw: string): Promise<string | string[]> {
  if (type === 'String' || /^AWS::EC2::[A-Za-z:]+$/.test(type)) return raw;
  if (type === 'Number') {
    if (raw.trim() === '' || Number.isNaN(Number(raw)))
      throw invalid(`Parameter '${name}' must be a number.`);
    return raw;
  }
  if (type === 'CommaDelimitedList' || /^List<(String|Number|AWS::EC2::[A-Za-z:]+)>$/.test(type)) {
    return raw.split(',').map((item) => item.trim());
  }
  if (type === `${ssmPrefix}String>`) {
    try {
      const { Parameter } = await kernel.invoke<{ Parameter?: { Value?: string } }>('ssm', 'getParameter', {
        Name: raw,
      });
      return Parameter?.Value ?? '';
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== 'ParameterNotFound') throw error;
      throw invalid(`Unable to fetch parameters [${raw}] from parameter store for this account.`);
    }
  }
  throw new NotPlayedError(`the parameter type ${type} (of ${name})`);
}

function check(name: string, declared: ParameterDeclaration, value: string): void {
  const because = (rule: string): AwsError =>
    invalid(`Parameter ${name} failed to satisfy constraint: ${declared.ConstraintDescription ?? rule}`);
  const { AllowedPattern: pattern, AllowedValues: values } = declared;
  const parts =
    declared.Type === 'CommaDelimitedList' ? value.split(',').map((part) => part.trim()) : [value];
  for (const part of parts) {
    if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(part))
      throw because(`must match pattern ${pattern}`);
    if (values && !values.map(String).includes(part)) {
      throw invalid(`Parameter '${name}' must be one of AllowedValues`);
    }
  }
  if (value.length < Number(declared.MinLength ?? 0))
    throw because(`must contain at least ${declared.MinLength} characters`);
  if (value.length > Number(declared.MaxLength ?? Number.POSITIVE_INFINITY))
    throw because(`must contain at most ${declared.MaxLength} characters`);
  if (Number(value) < Number(declared.MinValue ?? Number.NEGATIVE_INFINITY))
    throw because(`must be a number not less than ${declared.MinValue}`);
  if (Number(value) > Number(declared.MaxValue ?? Number.POSITIVE_INFINITY))
    throw because(`must be a number not greater than ${declared.MaxValue}`);
}

import type { PutParameterCommandInput } from '@aws-sdk/client-ssm';
import { AwsError } from '../../kernel/errors.ts';
import type { RequestContext } from '../../kernel/kernel.ts';
import { checkTags, invalid, type SsmState, type StoredParameter, sealValue } from './state.ts';

/** Writes a parameter; refuses as Parameter Store does (SSM API, PutParameter). */
export async function putParameter(ssm: SsmState, input: PutParameterCommandInput, context: RequestContext) {
  const name = checkName(input.Name ?? '');
  const existing = ssm.parameters.get(name);
  const previous = existing?.versions.at(-1);
  if (existing && !input.Overwrite) {
    throw new AwsError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  }
  const type = input.Type ?? previous?.type;
  if (type === undefined) throw invalid('A parameter type is required when you create a parameter.');
  if (type !== 'String' && type !== 'StringList' && type !== 'SecureString') {
    throw new AwsError('UnsupportedParameterType', `The parameter type ${type} is not supported`);
  }
  const tier = tierOf(input, previous?.tier);
  const text = checkValue(input, tier);
  if (existing && input.Tags && input.Tags.length > 0) {
    throw invalid(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag.",
    );
  }
  const keyId = type === 'SecureString' ? (input.KeyId ?? 'alias/aws/ssm') : undefined;
  const value = keyId === undefined ? text : await sealValue(ssm, name, text, keyId, context.principal);
  const parameter: StoredParameter = existing ?? { name, versions: [], tags: checkTags(input.Tags ?? []) };
  const version = (previous?.version ?? 0) + 1;
  parameter.versions.push({
    version,
    value,
    type,
    tier,
    dataType: checkDataType(input.DataType),
    modified: ssm.kernel.clock.now(),
    modifiedBy: context.principal.arn,
    description: input.Description ?? previous?.description,
    allowedPattern: input.AllowedPattern,
    keyId,
  });
  // Parameter Store keeps a hundred versions.
  if (parameter.versions.length > 100) parameter.versions.shift();
  ssm.parameters.set(name, parameter);
  return { Version: version, Tier: tier };
}

function checkName(name: string): string {
  if (name === '') throw invalid('Name must not be empty');
  if (name.length > 1011) throw invalid('The parameter name exceeds 1011 characters');
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name)) {
    throw invalid(
      'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
    );
  }
  if (/^\/?aws/i.test(name)) {
    throw new AwsError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
  }
  if (/^\/?ssm/i.test(name))
    throw invalid('Parameter name: can\'t be prefixed with "ssm" (case-insensitive).');
  if (name.includes('/') && !name.startsWith('/')) {
    throw invalid('Parameter name must be a fully qualified name.');
  }
  if (name.split('/').length - 1 > 15) {
    throw new AwsError(
      'HierarchyLevelLimitExceededException',
      'A hierarchy can have a maximum of 15 levels.',
    );
  }
  return name;
}

function tierOf(input: PutParameterCommandInput, previous: 'Standard' | 'Advanced' | string | undefined) {
  const size = Buffer.byteLength(input.Value ?? '');
  if (input.Tier === 'Intelligent-Tiering')
    return size > 4096 ? ('Advanced' as const) : ('Standard' as const);
  if (previous === 'Advanced' && input.Tier === 'Standard') {
    throw invalid(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.",
    );
  }
  return input.Tier ?? (previous === 'Advanced' ? ('Advanced' as const) : ('Standard' as const));
}

function checkValue(input: PutParameterCommandInput, tier: string): string {
  const text = input.Value ?? '';
  if (text === '') throw invalid('Value must not be empty');
  const limit = tier === 'Advanced' ? 8192 : 4096;
  if (Buffer.byteLength(text) > limit) {
    throw invalid(
      `${tier} tier parameters support a maximum parameter value of ${limit} characters. ${tier === 'Standard' ? 'To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.' : ''}`.trim(),
    );
  }
  if (input.AllowedPattern !== undefined && !new RegExp(input.AllowedPattern).test(text)) {
    throw new AwsError(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${input.AllowedPattern}`,
    );
  }
  return text;
}

function checkDataType(dataType: string | undefined): string {
  if (dataType === undefined || dataType === 'text' || dataType === 'aws:ec2:image')
    return dataType ?? 'text';
  throw invalid(`The following data type is not supported: ${dataType}`);
}

import type { GetParametersByPathCommandInput, Parameter, SSM } from '@aws-sdk/client-ssm';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Operations, RequestContext } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import { putParameter } from './put-parameter.ts';
import {
  bareName,
  invalid,
  openValue,
  type ParameterVersion,
  parameterArn,
  type SsmState,
  type StoredParameter,
} from './state.ts';

/** Parameter Store. */
export function parameterOperations(ssm: SsmState) {
  return {
    putParameter: (input, context) => putParameter(ssm, input, context),
    getParameter: async (input, context) => {
      const { parameter, version } = find(ssm, input.Name ?? '');
      return { Parameter: await show(ssm, parameter, version, input.WithDecryption, context) };
    },
    getParameters: async (input, context) => {
      const names = input.Names ?? [];
      if (names.length < 1 || names.length > 10) throw invalid('Names must have between 1 and 10 members');
      const found: Parameter[] = [];
      const missing: string[] = [];
      for (const name of new Set(names)) {
        try {
          const { parameter, version } = find(ssm, name);
          found.push(await show(ssm, parameter, version, input.WithDecryption, context));
        } catch (error) {
          if (!(error instanceof AwsError) || !/NotFound$/.test(error.code)) throw error;
          missing.push(name);
        }
      }
      return { Parameters: found, InvalidParameters: missing };
    },
    getParametersByPath: (input, context) => getParametersByPath(ssm, input, context),
    getParameterHistory: (input) => {
      const { parameter } = find(ssm, input.Name ?? '');
      return {
        Parameters: parameter.versions.map((version) => ({
          ...describe(parameter, version),
          Value: version.value,
          Labels: [],
        })),
      };
    },
    describeParameters: (input) => {
      if (input.Filters || input.ParameterFilters)
        throw new NotPlayedError('filters of ssm.describeParameters');
      const { items, nextToken } = page(own(ssm), input.MaxResults ?? 50, input.NextToken);
      return {
        Parameters: items.flatMap((parameter) => {
          const newest = parameter.versions.at(-1);
          return newest ? [{ ...describe(parameter, newest), ARN: parameterArn(ssm, parameter.name) }] : [];
        }),
        ...(nextToken !== undefined && { NextToken: nextToken }),
      };
    },
    deleteParameter: (input) => {
      if (!ssm.parameters.delete(bareName(ssm, input.Name ?? ''))) throw notFound();
      return {};
    },
    deleteParameters: (input) => {
      const names = input.Names ?? [];
      const gone = names.filter((name) => ssm.parameters.delete(bareName(ssm, name)));
      return { DeletedParameters: gone, InvalidParameters: names.filter((name) => !gone.includes(name)) };
    },
  } satisfies Operations<SSM>;
}

/** Parameters that somebody of this account wrote; the public ones are found by name and path only. */
function own(ssm: SsmState): StoredParameter[] {
  return [...ssm.parameters.values()].filter((parameter) => !parameter.name.startsWith('/aws/'));
}

function page(parameters: readonly StoredParameter[], limit: number, token: string | undefined) {
  return pageAfter(
    parameters,
    (parameter) => parameter.name,
    limit,
    token,
    () => new AwsError('InvalidNextToken', 'The specified token is not valid.'),
  );
}

/** `name` or `name:version`. */
function find(ssm: SsmState, asked: string): { parameter: StoredParameter; version: ParameterVersion } {
  if (asked === '') throw invalid('Name must not be empty');
  const bare = bareName(ssm, asked);
  const [name = '', selector] = bare.split(':');
  const parameter = ssm.parameters.get(name);
  if (!parameter) throw notFound();
  const wanted = selector === undefined ? parameter.versions.at(-1)?.version : Number(selector);
  const version = parameter.versions.find((each) => each.version === wanted);
  if (version) return { parameter, version };
  throw new AwsError(
    'ParameterVersionNotFound',
    `Systems Manager could not find version ${selector} of ${name}.`,
  );
}

function notFound(): AwsError {
  return new AwsError('ParameterNotFound', '');
}

async function show(
  ssm: SsmState,
  parameter: StoredParameter,
  version: ParameterVersion,
  withDecryption: boolean | undefined,
  context: RequestContext,
): Promise<Parameter> {
  const open = version.type === 'SecureString' && withDecryption;
  return {
    Name: parameter.name,
    Type: version.type,
    Value: open ? await openValue(ssm, parameter.name, version.value, context.principal) : version.value,
    Version: version.version,
    LastModifiedDate: version.modified,
    ARN: parameterArn(ssm, parameter.name),
    DataType: version.dataType,
  };
}

function describe(parameter: StoredParameter, version: ParameterVersion) {
  return {
    Name: parameter.name,
    Type: version.type,
    KeyId: version.keyId,
    LastModifiedDate: version.modified,
    LastModifiedUser: version.modifiedBy,
    Description: version.description,
    AllowedPattern: version.allowedPattern,
    Version: version.version,
    Tier: version.tier,
    DataType: version.dataType,
    Policies: [],
  };
}

async function getParametersByPath(
  ssm: SsmState,
  input: GetParametersByPathCommandInput,
  context: RequestContext,
) {
  const path = input.Path ?? '';
  if (!path.startsWith('/')) {
    throw invalid(
      'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".',
    );
  }
  if (input.ParameterFilters) throw new NotPlayedError('filters of ssm.getParametersByPath');
  const limit = input.MaxResults ?? 10;
  if (limit < 1 || limit > 10) throw invalid('MaxResults must be between 1 and 10');
  const prefix = path.endsWith('/') ? path : `${path}/`;
  const below = [...ssm.parameters.values()].filter(
    ({ name }) =>
      name.startsWith(prefix) && (input.Recursive === true || !name.slice(prefix.length).includes('/')),
  );
  const { items, nextToken } = page(below, limit, input.NextToken);
  const shown = await Promise.all(
    items.map(async (parameter) => {
      const newest = parameter.versions.at(-1);
      return newest ? [await show(ssm, parameter, newest, input.WithDecryption, context)] : [];
    }),
  );
  return { Parameters: shown.flat(), ...(nextToken !== undefined && { NextToken: nextToken }) };
}

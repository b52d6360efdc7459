import { AwsError, NotPlayedError } from '../../kernel/errors.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface ParameterDeclaration {
  readonly Type: string;
  readonly Default?: unknown;
  readonly AllowedPattern?: string;
  readonly AllowedValues?: readonly unknown[];
  readonly ConstraintDescription?: string;
  readonly MinLength?: number | string;
  readonly MaxLength?: number | string;
  readonly MinValue?: number | string;
  readonly MaxValue?: number | string;
  readonly NoEcho?: boolean | string;
  readonly Description?: string;
}

export interface ResourceDeclaration {
  readonly Type: string;
  readonly Properties: Json;
  readonly DependsOn: readonly string[];
  readonly Condition?: string;
  readonly DeletionPolicy: KeepPolicy;
  readonly UpdateReplacePolicy: KeepPolicy;
}

export type KeepPolicy = 'Delete' | 'Retain' | 'RetainExceptOnCreate';

export interface OutputDeclaration {
  readonly Value: unknown;
  readonly Description?: string;
  readonly Export?: { readonly Name: unknown };
  readonly Condition?: string;
}

export interface Template {
  readonly description: string;
  readonly parameters: Readonly<Record<string, ParameterDeclaration>>;
  readonly mappings: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly conditions: Json;
  readonly rules: Readonly<
    Record<
      string,
      { RuleCondition?: unknown; Assertions: readonly { Assert: unknown; AssertDescription?: string }[] }
    >
  >;
  readonly resources: Readonly<Record<string, ResourceDeclaration>>;
  readonly outputs: Readonly<Record<string, OutputDeclaration>>;
}

const sections = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Rules',
  'Resources',
  'Outputs',
];
const resourceMembers = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'DeletionPolicy',
  'UpdateReplacePolicy',
  'Metadata',
];

/** AWS's limits (CloudFormation quotas). */
const mostResources = 500;
const mostTemplateBytes = 1024 * 1024;

export function formatError(message: string): AwsError {
  return new AwsError('ValidationError', `Template format error: ${message}`);
}

/** Reads a template. Throws ValidationError on what is malformed, and is loud on sections and members that are not played. */
export function parseTemplate(body: string): Template {
  if (Buffer.byteLength(body) > mostTemplateBytes) throw formatError('the template is larger than 1 MB');
  const root = parseJson(body);
  for (const section of Object.keys(root)) {
    if (!sections.includes(section)) throw new NotPlayedError(`the template section ${section}`);
  }
  const resources = Object.entries((root.Resources ?? {}) as Record<string, Json>);
  if (resources.length === 0) throw formatError('At least one Resources member must be defined.');
  if (resources.length > mostResources)
    throw formatError(
      `Number of resources, ${resources.length}, is greater than maximum allowed, ${mostResources}`,
    );
  return {
    description: (root.Description as string | undefined) ?? '',
    parameters: (root.Parameters ?? {}) as Template['parameters'],
    mappings: (root.Mappings ?? {}) as Template['mappings'],
    conditions: (root.Conditions ?? {}) as Json,
    rules: (root.Rules ?? {}) as Template['rules'],
    resources: Object.fromEntries(resources.map(([id, declared]) => [id, parseResource(id, declared)])),
    outputs: (root.Outputs ?? {}) as Template['outputs'],
  };
}

function parseJson(body: string): Json {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Json;
  } catch (error) {
    if (!body.trimStart().startsWith('{'))
      throw new NotPlayedError('templates in YAML; cdk synth writes JSON');
    throw formatError(`JSON not well-formed. ${error instanceof Error ? error.message : String(error)}`);
  }
  throw formatError('unsupported structure.');
}

function parseResource(id: string, declared: Json): ResourceDeclaration {
  if (!/^[A-Za-z0-9]{1,255}$/.test(id)) throw formatError(`Resource name ${id} is non alphanumeric.`);
  if (typeof declared.Type !== 'string')
    throw formatError(`[/Resources/${id}] Every Resources object must contain a Type member.`);
  for (const member of Object.keys(declared)) {
    if (!resourceMembers.includes(member))
      throw new NotPlayedError(`the resource attribute ${member} (of ${id})`);
  }
  const dependsOn = declared.DependsOn ?? [];
  return {
    Type: declared.Type,
    Properties: (declared.Properties ?? {}) as Json,
    DependsOn: typeof dependsOn === 'string' ? [dependsOn] : (dependsOn as string[]),
    ...(declared.Condition === undefined ? {} : { Condition: declared.Condition as string }),
    DeletionPolicy: policyOf(id, declared.DeletionPolicy),
    UpdateReplacePolicy: policyOf(id, declared.UpdateReplacePolicy),
  };
}

function policyOf(id: string, policy: unknown): KeepPolicy {
  if (policy === undefined) return 'Delete';
  if (policy === 'Delete' || policy === 'Retain' || policy === 'RetainExceptOnCreate') return policy;
  throw new NotPlayedError(`the policy ${String(policy)} (of ${id})`);
}

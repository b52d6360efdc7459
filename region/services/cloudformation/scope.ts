import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { evaluateCondition, type Scope } from './intrinsics.ts';
import type { Stack, Target } from './stack.ts';

export interface StackScope extends Scope {
  /** Names of exports that were asked for. */
  readonly imported: Set<string>;
}

function templateError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/** What the functions of a stack's template see: its parameters, its conditions, the resources made so far, other stacks' exports. */
export function createScope(
  kernel: Kernel,
  stack: Stack,
  target: Target,
  exported: (name: string) => string | undefined,
): StackScope {
  const { template, parameters } = target;
  const conditions = new Map<string, boolean>();
  const pseudo = new Map([
    ['AWS::AccountId', kernel.accountId],
    ['AWS::Region', kernel.region],
    ['AWS::Partition', 'aws'],
    ['AWS::URLSuffix', 'amazonaws.com'],
    ['AWS::StackName', stack.name],
    ['AWS::StackId', stack.id],
  ]);
  const imported = new Set<string>();
  const scope: StackScope = {
    imported,
    zones: kernel.zones,
    reference: (name) => {
      const made = stack.resources.get(name)?.made;
      if (made) return made.ref ?? made.physicalId;
      const value = pseudo.get(name) ?? parameters.get(name)?.value;
      if (value !== undefined) return value;
      if (name.startsWith('AWS::')) throw new NotPlayedError(`the pseudo parameter ${name}`);
      throw templateError(
        `Template format error: Unresolved resource dependencies [${name}] in the template`,
      );
    },
    attribute: (logicalId, attribute) => {
      const resource = stack.resources.get(logicalId);
      if (!resource)
        throw templateError(
          `Template error: instance of Fn::GetAtt references undefined resource ${logicalId}`,
        );
      const value = resource.made.attributes?.[attribute];
      if (value === undefined)
        throw new NotPlayedError(`the attribute ${attribute} of ${resource.type} (${logicalId})`);
      return value;
    },
    condition: (name) => {
      const known = conditions.get(name);
      if (known !== undefined) return known;
      if (!Object.hasOwn(template.conditions, name))
        throw templateError(`Template format error: Unresolved condition ${name}`);
      const value = evaluateCondition(template.conditions[name], scope);
      conditions.set(name, value);
      return value;
    },
    mapping: (map, first, second) => {
      const value = template.mappings[map]?.[first]?.[second];
      if (value === undefined)
        throw templateError(`Template error: Unable to get mapping for ${map}::${first}::${second}`);
      return value;
    },
    importValue: (name) => {
      const value = exported(name);
      if (value === undefined) throw templateError(`No export named ${name} found.`);
      imported.add(name);
      return value;
    },
  };
  return scope;
}

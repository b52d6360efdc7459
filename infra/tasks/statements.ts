import { Aws } from 'aws-cdk-lib';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { deploymentTag } from '../names.ts';

type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Conditions;
  readonly effect?: 'Deny';
  /** Why a wildcard among the resources can be no narrower, where neither the deployment's tag nor its names say so. */
  readonly why?: string;
}

/** One row of the permissions table: these actions on these resources, under these conditions. */
export function allow(
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Conditions,
): Statement {
  return { actions, resources, ...(conditions && { conditions }) };
}

/** Reading actions for which AWS knows no resources: the only ones that are allowed on `*`. */
export function describe(service: string, ...subjects: string[]): Statement {
  return allow(
    subjects.map((subject) => `${service}:Describe${subject}`),
    ['*'],
  );
}

/** Gives a role these statements, and cdk-nag the reason of each wildcard in them. */
export function grant(role: Role, statements: readonly Statement[]): void {
  for (const statement of statements) {
    role.addToPolicy(policyStatement(statement));
    if (statement.effect !== 'Deny') acknowledgeWildcards(role, statement.resources, reasonOf(statement));
  }
}

function reasonOf({ resources, conditions, why }: Statement): string {
  if (why !== undefined) return why;
  if (resources.includes('*')) return 'Describe actions know no resources';
  const byTag = JSON.stringify(conditions ?? {}).includes(deploymentTag);
  return byTag ? 'Limited to the deployment by its tag' : 'Limited to the deployment by its names';
}

function policyStatement({ actions, resources, conditions, effect }: Statement): PolicyStatement {
  return new PolicyStatement({
    effect: effect === 'Deny' ? Effect.DENY : Effect.ALLOW,
    actions: [...actions],
    resources: [...resources],
    ...(conditions && { conditions }),
  });
}

/** The key is used only through `service`, which sets the encryption context (an S3 object, a volume). */
export function throughService(service: string): Conditions {
  return { StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.amazonaws.com` } };
}

import { Aws } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';

type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Conditions;
  readonly effect?: 'Deny';
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

export function policyStatement({ actions, resources, conditions, effect }: Statement): PolicyStatement {
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

import * as z from 'zod';

/** CloudFormation may hand on numbers and flags as text, and Systems Manager reads them. */
const flag = z
  .union([z.boolean(), z.enum(['true', 'false'])])
  .transform((value) => value === true || value === 'true');
const count = z
  .union([z.number(), z.string().regex(/^\d+$/, 'is not a whole number')])
  .transform(Number)
  .pipe(z.number().int('is not a whole number').positive('is not above 0'));
const bound = z.number().int().nonnegative();

const valueTypes = ['String', 'StringList', 'Integer', 'Boolean', 'StringMap', 'MapList'] as const;

export type ValueType = (typeof valueTypes)[number];

const parameter = z.strictObject({
  // The type by which the console offers roles; its values are texts like others.
  type: z.enum([...valueTypes, 'AWS::IAM::Role::Arn']),
  description: z.string().optional(),
  default: z.json().optional(),
  allowedValues: z.array(z.json()).optional(),
  allowedPattern: z.string().optional(),
  displayType: z.enum(['textfield', 'textarea']).optional(),
  minChars: bound.optional(),
  maxChars: bound.optional(),
  minItems: bound.optional(),
  maxItems: bound.optional(),
});

const stepOutput = z.strictObject({
  Name: z.string().regex(/^[a-zA-Z0-9_]+$/, 'is not of letters, digits and underscores'),
  Selector: z.string(),
  Type: z.enum(valueTypes).default('String'),
});

const step = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9_]+$/, 'is not of letters, digits and underscores'),
  action: z.string(),
  description: z.string().optional(),
  inputs: z.record(z.string(), z.json()),
  outputs: z.array(stepOutput).optional(),
  nextStep: z.string().optional(),
  isEnd: flag.default(false),
  onFailure: z
    .string()
    .regex(/^(Abort|Continue|step:.+)$/, 'is not Abort, Continue or step:NAME')
    .default('Abort'),
  onCancel: z
    .string()
    .regex(/^(Abort|step:.+)$/, 'is not Abort or step:NAME')
    .default('Abort'),
  isCritical: flag.optional(),
  maxAttempts: count.default(1),
  timeoutSeconds: count.optional(),
});

/** An Automation document of schema 0.3, as far as its form goes; check-*.ts look at what it says. */
export const runbookSchema = z.strictObject({
  schemaVersion: z.literal('0.3'),
  description: z.string().optional(),
  assumeRole: z.string().optional(),
  parameters: z.record(z.string(), parameter).default({}),
  mainSteps: z.array(step).min(1, 'has no step'),
  outputs: z.array(z.string()).default([]),
});

export type Runbook = z.infer<typeof runbookSchema>;
export type DeclaredParameter = z.infer<typeof parameter>;
export type Step = z.infer<typeof step>;
export type StepOutput = z.infer<typeof stepOutput>;

/** The step that `onFailure` or `onCancel` names, as `step:NAME`; undefined for the other values. */
export function stepNamedBy(strategy: string): string | undefined {
  return strategy.startsWith('step:') ? strategy.slice('step:'.length) : undefined;
}

/** The parameter's type without what only the console makes of it. */
export function valueTypeOf({ type }: DeclaredParameter): ValueType {
  return type === 'AWS::IAM::Role::Arn' ? 'String' : type;
}

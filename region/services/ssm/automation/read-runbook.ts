import { parse } from 'yaml';
import type * as z from 'zod';
import { NotPlayedError } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { isObject } from '../../../states/json.ts';
import { checkParameters } from './check-parameters.ts';
import { checkReferences } from './check-references.ts';
import { checkSteps } from './check-steps.ts';
import { invalidContent } from './errors.ts';
import { soleReference } from './references.ts';
import { type Runbook, runbookSchema } from './runbook.ts';

export type DocumentFormat = 'JSON' | 'YAML';

/** Sections of schema 0.3 for what the region does not play: attached scripts, and variables that steps change. */
const sectionsNotPlayed = ['files', 'variables'];

/**
 * Reads an Automation document and checks it as AWS does when it is stored. Throws InvalidDocumentContent, and NotPlayedError for what AWS
 * would run and the region does not.
 */
export async function readRunbook(kernel: Kernel, content: string, format: DocumentFormat): Promise<Runbook> {
  const document = parseContent(content, format);
  if (!isObject(document)) throw invalidContent('The document is not an object.');
  const { schemaVersion } = document;
  // What YAML reads of an unquoted 0.3 is a number, and no version.
  if (schemaVersion !== '0.3')
    throw invalidContent(`Document schema version is invalid. Value: ${String(schemaVersion)}`);
  const section = sectionsNotPlayed.find((name) => document[name] !== undefined);
  if (section !== undefined) throw new NotPlayedError(`the section ${section} of Automation documents`);
  const parsed = runbookSchema.safeParse(document);
  if (!parsed.success) throw invalidContent(parsed.error.issues.map(problemOf).join('; '));
  const runbook = parsed.data;
  checkParameters(runbook);
  checkAssumeRole(runbook);
  await checkSteps(kernel, runbook);
  checkReferences(runbook);
  return runbook;
}

/** JSON or YAML as data. Throws InvalidDocumentContent. */
export function parseContent(content: string, format: DocumentFormat): unknown {
  try {
    return format === 'JSON' ? (JSON.parse(content) as unknown) : (parse(content) as unknown);
  } catch {
    throw invalidContent(`${format} not well-formed.`);
  }
}

function problemOf({ path, message }: z.core.$ZodIssue): string {
  return `${path.length === 0 ? 'The document' : path.map(String).join('.')}: ${message}`;
}

/** A role's ARN, or one declared parameter that will be one. */
function checkAssumeRole({ assumeRole, parameters }: Runbook): void {
  if (assumeRole === undefined) return;
  const name = soleReference(assumeRole);
  if (name === undefined) {
    if (!isRoleArn(assumeRole))
      throw invalidContent('The format of the supplied assume role ARN is invalid.');
  } else if (!Object.hasOwn(parameters, name)) throw invalidContent(`Parameter "${name}" is not declared.`);
}

/** Whether a text is the ARN of an IAM role. */
export function isRoleArn(text: string): boolean {
  return /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(text);
}

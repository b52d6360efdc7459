import { type RunbookParameter, runbooks } from '../../functions/runbooks/definitions.ts';
import { type Output, table } from '../output.ts';
import type { Target } from '../target.ts';
import { findRunbook, runbookOf } from './automations.ts';

/** So many automations are shown, the latest first. */
const shownMax = 10;

/** `trivet runbook list`: what there is, and what was started of late. */
export async function listRunbooks(target: Target, output: Output): Promise<number> {
  const rows = runbooks.map(({ approval, name, title }) => [
    name,
    title,
    approval ? 'needs an approval' : '',
  ]);
  for (const line of table(rows)) output.say(line);
  const { AutomationExecutionMetadataList: found = [] } = await target.ssm.describeAutomationExecutions({
    MaxResults: 50,
    // An account has automations of others, too.
    Filters: [{ Key: 'DocumentNamePrefix', Values: [`${target.deployment}-`] }],
  });
  const automations = found
    .flatMap((one) => {
      const runbook = runbookOf(target, one.DocumentName);
      if (!runbook) return [];
      const {
        AutomationExecutionId: id = '',
        AutomationExecutionStatus: status = '',
        ExecutionStartTime: at,
      } = one;
      return [
        { id, runbook: runbook.name, status, startedAt: at?.toISOString() ?? '', by: one.ExecutedBy ?? '' },
      ];
    })
    .slice(0, shownMax);
  if (automations.length > 0) output.say('');
  for (const line of table(
    automations.map(({ by, id, runbook, startedAt, status }) => [id, runbook, status, startedAt, by]),
  ))
    output.say(line);
  output.result({
    runbooks: runbooks.map(({ approval, name, title }) => ({ name, title, approval })),
    automations,
  });
  return 0;
}

/** `trivet runbook show NAME`: everything that a person wants to know before. */
export async function showRunbook(name: string): Promise<void> {
  const { approval, description, parameters, title, whenStopped } = findRunbook(name);
  const lines = [
    `${title}`,
    '',
    description,
    '',
    ...parameters.flatMap(describeParameter),
    ...(approval
      ? [
          '  Approvers',
          '      Who may approve: --approver, yourself unless told otherwise. One of them must.',
        ]
      : []),
    '',
    `Stopped half-way: ${whenStopped}`,
    '',
    `trivet runbook start ${name} ${parameters.map(example).join(' ')}`,
    `More: docs/runbooks/${name}.md`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function describeParameter({
  allowedPattern,
  allowedValues,
  default: fallback,
  description,
  name,
}: RunbookParameter) {
  const values = allowedValues ? `one of ${allowedValues.join(', ')}` : `matches ${allowedPattern}`;
  return [
    `  ${name}${fallback === undefined ? '' : ` (${fallback} unless told otherwise)`}`,
    `      ${description}`,
    `      ${values}`,
  ];
}

function example({ allowedValues, default: fallback, name }: RunbookParameter): string {
  return `${name}=${fallback ?? allowedValues?.[0] ?? '…'}`;
}

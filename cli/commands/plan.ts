import type { Plan } from '../../functions/clusters/contracts.ts';
import { type ClusterSpec, renderProblems } from '../../functions/clusters/spec.ts';
import { type Output, table } from '../output.ts';
import { invokeTask, type Target } from '../target.ts';

/** `trivet plan FILE`: what provisioning would do. Exit code 0: nothing; 2: changes; 1: refused or failed. */
export async function planSpec(target: Target, spec: ClusterSpec, output: Output): Promise<number> {
  const plan = await invokeTask<Plan>(target, 'plan-cluster', { spec });
  for (const line of renderPlan(plan)) output.say(line);
  output.result(plan);
  if (plan.action === 'refuse') return 1;
  return plan.action === 'unchanged' ? 0 : 2;
}

/** The plan for a person. */
function renderPlan(plan: Plan): string[] {
  const { action, changes, cluster, refusals } = plan;
  if (action === 'refuse') {
    const problems = renderProblems(refusals).split('\n');
    return [`${cluster}: refused; nothing was changed.`, ...problems.map((line) => `  ${line}`)];
  }
  if (action === 'unchanged') return [`${cluster}: nothing to do; everything is as the spec says.`];
  const rows = changes.map(({ change, resource, slot, reason }) => [
    change === 'create' ? '+' : '~',
    resource,
    slot ? `slot ${slot}` : '',
    reason,
  ]);
  const created = changes.filter(({ change }) => change === 'create').length;
  return [
    ...table(rows).map((line) => `  ${line}`),
    `${cluster}: ${created} to create, ${changes.length - created} to change.`,
  ];
}

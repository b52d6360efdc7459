import type {
  LabelRequirement,
  LabelSelector,
  Labels,
  NodeTerm,
  PodTerm,
  Taint,
  Toleration,
} from './model.ts';

/** Whether labels meet one requirement, as the API defines its operators. Pure. */
export function meets(labels: Labels, { key, operator, values = [] }: LabelRequirement): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return operator satisfies never;
  }
}

/** Whether one of the alternatives holds; no alternatives ask for nothing. Pure. */
export function meetsOne(labels: Labels, terms: readonly NodeTerm[] = []): boolean {
  return terms.length === 0 || terms.some((term) => term.every((one) => meets(labels, one)));
}

/** Whether a selector finds labels: an empty one finds all, an absent one none. Pure. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((one) => meets(labels, one))
  );
}

/** The first taint that keeps a pod off; undefined where it tolerates all. `soft`: PreferNoSchedule counts too. Pure. */
export function repellingTaint(
  taints: readonly Taint[],
  tolerations: readonly Toleration[] = [],
  soft = false,
): Taint | undefined {
  return taints.find(
    (taint) =>
      (soft || taint.effect !== 'PreferNoSchedule') && !tolerations.some((one) => tolerates(one, taint)),
  );
}

function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== taint.effect) return false;
  if (key === undefined) return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
}

/** Whether a term finds pods of a namespace with such labels. Pure. */
export function finds({ namespaces, selector }: PodTerm, namespace: string, labels: Labels): boolean {
  return (namespaces === 'all' || namespaces.includes(namespace)) && selects(selector, labels);
}

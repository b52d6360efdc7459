/** Fields by which one finds all log lines of a cluster, and of what is in it (ADR 25). */
const subjectFields = ['cluster', 'slot', 'pool', 'zone', 'instanceId'] as const;

/**
 * What a task is about: its input says so, or what it carries of an observation, a lease, a spec, a runbook's parameters or a person's
 * request. Pure.
 */
export function subjectOf(input: unknown): Record<string, string> {
  const fields = fieldsOf(input);
  const { lease, observation, parameters, request, slot, spec } = fields;
  const { Cluster, InstanceId, Pool, Slot } = fieldsOf(parameters);
  const places = [
    { cluster: fieldsOf(spec).name },
    { cluster: Cluster, slot: Slot, pool: Pool, instanceId: InstanceId },
    fieldsOf(lease),
    fieldsOf(observation),
    fieldsOf(request),
    fieldsOf(slot),
    fields,
  ];
  const subject: Record<string, string> = {};
  for (const place of places)
    for (const field of subjectFields) {
      const value = place[field];
      if (typeof value === 'string') subject[field] = value;
    }
  return subject;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

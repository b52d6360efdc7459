import type { ClusterRecord, PauseRecord } from '../aws/registry.ts';

/** A week: who needs longer pauses again, and has looked again. */
export const pauseMinutesMax = 7 * 24 * 60;

/** The pause that keeps Trivet from changing a cluster by itself now; undefined where there is none, or where it has ended. Pure. */
export function pauseOf({ pause }: Pick<ClusterRecord, 'pause'>, now: Date): PauseRecord | undefined {
  return pause && Date.parse(pause.until) > now.getTime() ? pause : undefined;
}

/** For people: until when, and why. Pure. */
export function describePause(cluster: string, { reason, until }: PauseRecord): string {
  return `${cluster} is paused until ${until}: ${reason}`;
}

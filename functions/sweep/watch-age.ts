/** A watch that is older than this says nothing about now: watches run once a minute. */
const watchAgeSecondsMax = 180;

/** Whether what a watch saw still tells how things are. A time that cannot be read is never fresh. */
export function isFresh(observedAt: string, now: Date): boolean {
  return (now.getTime() - Date.parse(observedAt)) / 1000 <= watchAgeSecondsMax;
}

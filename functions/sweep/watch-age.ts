/** A watch that is older than this says nothing about now: watches run once a minute. */
const watchAgeSecondsMax = 180;

/** Clocks of two machines may differ by so much; whatever lies further in the future is no time to reckon with. */
const skewSecondsMax = 30;

/** Whether what a watch saw still tells how things are. A time that has not come, or cannot be read, is never fresh. */
export function isFresh(observedAt: string, now: Date): boolean {
  const ageSeconds = (now.getTime() - Date.parse(observedAt)) / 1000;
  return ageSeconds <= watchAgeSecondsMax && ageSeconds >= -skewSecondsMax;
}

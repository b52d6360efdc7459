const two = (number: number): string => String(number).padStart(2, '0');

/** `09:14:03`, in the reader's own time. */
export function clockTime(iso: string): string {
  const date = new Date(iso);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `12 s`, `3 min`, `2 h`, `5 d`: as exact as one needs it at a glance. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** From one time to another; to now, where it goes on. */
export function lasted(startedAt: string, endedAt: string | undefined, now: number): string {
  return duration((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt));
}

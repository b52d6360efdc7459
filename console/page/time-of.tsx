import { clockTime } from './time.ts';

/** A time for people, with the whole of it for programs and on hover. */
export function TimeOf({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at}>
      {clockTime(at)}
    </time>
  );
}

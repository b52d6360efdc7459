import type { Snapshot } from '../../cli/console/contracts.ts';
import { clockTime, duration } from './time.ts';
import type { Heard } from './use-feed.ts';
import { useNow } from './use-now.ts';

/** Looks may fail once, or be late once, before anybody is bothered with it. */
const missedMax = 2;

interface Age {
  /** Seconds since the shown data was read; undefined where there is none. */
  readonly seconds: number | undefined;
  readonly old: boolean;
}

function ageOf({ connected, goodAt, pulse }: Heard<Snapshot>, now: number): Age {
  const failing = !connected || pulse?.problem !== undefined;
  if (!pulse || goodAt === undefined) return { seconds: undefined, old: failing };
  const seconds = Math.max(0, now - goodAt) / 1000;
  const missed = seconds / pulse.everySeconds;
  return { seconds, old: missed > missedMax + 2 || (failing && missed > missedMax) };
}

/** In the header: live, or how old. */
export function LiveDot({ heard }: { readonly heard: Heard<Snapshot> }) {
  const now = useNow();
  const { old, seconds } = ageOf(heard, now);
  const text = old ? (seconds === undefined ? 'no data' : `${duration(seconds * 1000)} old`) : 'live';
  return (
    <span class="live" data-old={old}>
      <span class="dot" aria-hidden="true" />
      {seconds === undefined && !old ? 'connecting' : text}
    </span>
  );
}

/** Below the header, while what is shown is old: since when, why, and that it goes on by itself. */
export function Freshness({
  endpoint,
  heard,
}: {
  readonly endpoint: string | undefined;
  readonly heard: Heard<Snapshot>;
}) {
  const now = useNow();
  const { old, seconds } = ageOf(heard, now);
  const { connected, goodAt, pulse } = heard;
  const from =
    goodAt === undefined ? '' : ` What you see is from ${clockTime(new Date(goodAt).toISOString())}.`;
  const age = seconds === undefined ? '' : ` for ${duration(seconds * 1000)}`;
  const who = connected
    ? endpoint === undefined
      ? 'AWS'
      : new URL(endpoint).host
    : 'the console on this machine';
  return (
    <div class="old" role="alert" hidden={!old}>
      {old && (
        <p>
          <strong>
            No answer from {who}
            {age}.
          </strong>
          {from}{' '}
          {connected
            ? 'It goes on by itself when there is one'
            : 'Start it again: the page goes on by itself'}
          {connected && pulse?.problem !== undefined && <small> ({pulse.problem})</small>}.
        </p>
      )}
    </div>
  );
}

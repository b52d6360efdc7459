import type { Step } from '../../cli/console/graph-contracts.ts';
import { Mark } from './mark.tsx';
import { lasted } from './time.ts';
import { TimeOf } from './time-of.tsx';
import { useNow } from './use-now.ts';

const states = { current: 'busy', done: 'well', failed: 'unwell' } as const;

/** What an execution did, the latest first. */
export function History({ steps }: { readonly steps: readonly Step[] }) {
  const now = useNow();
  return (
    <ol class="history" reversed aria-label="History, the latest first">
      {steps.toReversed().map(({ endedAt, id, note, outcome, startedAt, state, visits }) => (
        <li key={id} data-outcome={outcome}>
          <TimeOf at={startedAt} />
          <span class="step">
            <Mark state={states[outcome]} />
            {state}
            {visits > 1 && <span class="visits"> × {visits}</span>}
          </span>
          <small class="lasted">{lasted(startedAt, endedAt, now)}</small>
          {note !== undefined && <span class="note">{note}</span>}
        </li>
      ))}
    </ol>
  );
}

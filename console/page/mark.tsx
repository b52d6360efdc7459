import type { State } from '../../cli/console/contracts.ts';

/** Shapes differ, so that the mark says the same without its colour. */
const shapes: Readonly<Record<State, string>> = {
  well: 'M2 6.5 4.8 9.3 10 3.2',
  busy: 'M6 1.8a4.2 4.2 0 1 1-4.2 4.2',
  unwell: 'M6 1 11.4 10.6H.6ZM6 4.6v2.6M6 8.8v.3',
  unknown: 'M4 4.2a2 2 0 1 1 2.6 1.9c-.5.2-.6.5-.6 1.1M6 9.5v.2',
};

/** The mark of a state, beside the word that names it. */
export function Mark({ state }: { readonly state: State }) {
  return (
    <svg class="mark" data-state={state} viewBox="0 0 12 12" aria-hidden="true">
      <path d={shapes[state]} />
    </svg>
  );
}

import type { Snapshot } from '../../cli/console/contracts.ts';
import type { Heard } from './use-feed.ts';

/** Before anything is there to be seen. */
export function Nothing({ heard: { pulse, value } }: { readonly heard: Heard<Snapshot> }) {
  if (!value)
    return (
      <section class="nothing">
        <h1>{pulse?.problem === undefined ? 'Looking …' : 'Nobody answers yet'}</h1>
        {pulse?.problem !== undefined && <p>{pulse.problem}</p>}
      </section>
    );
  return (
    <section class="nothing">
      <h1>There are no clusters yet</h1>
      <p>
        <code>npm run trivet -- provision examples/ha.yaml</code> makes one; it is shown here while it is
        made.
      </p>
    </section>
  );
}

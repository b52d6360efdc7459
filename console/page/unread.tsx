import type { Snapshot } from '../../cli/console/contracts.ts';

/** Parts that could not be read: what is missing above is not gone. */
export function Unread({ parts }: { readonly parts: Snapshot['unread'] }) {
  if (parts.length === 0) return null;
  return (
    <section class="unread" aria-labelledby="unread">
      <h2 id="unread">Could not be read</h2>
      <ul>
        {parts.map(({ what, why }) => (
          <li key={what}>
            <strong>{what}</strong>: {why}
          </li>
        ))}
      </ul>
    </section>
  );
}

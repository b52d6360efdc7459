import type { ApprovalView } from '../../cli/console/contracts.ts';
import { OfferButtons } from './offer-buttons.tsx';
import { TimeOf } from './time-of.tsx';

/** Runbooks that wait until somebody says yes; nothing where none does. */
export function Approvals({ approvals }: { readonly approvals: readonly ApprovalView[] }) {
  if (approvals.length === 0) return null;
  return (
    <section class="approvals" aria-labelledby="approvals">
      <h2 id="approvals">Waiting for an approval</h2>
      <ul>
        {approvals.map(({ approvers, automationId, by, offers, runbook, startedAt, title }) => (
          <li key={automationId}>
            <div>
              <strong>{title}</strong> ({runbook}), asked for at <TimeOf at={startedAt} /> by {by}
              <small>may approve: {approvers.join(', ')}</small>
            </div>
            <OfferButtons offers={offers} />
          </li>
        ))}
      </ul>
    </section>
  );
}

import { useState } from 'preact/hooks';
import type { Decision } from '../../cli/console/contracts.ts';
import { TimeOf } from './time-of.tsx';

/** As many are listed before one asks for more. */
const listed = 12;

/** What was decided and why, the latest first. */
export function Decisions({ decisions }: { readonly decisions: readonly Decision[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? decisions : decisions.slice(0, listed);
  return (
    <section class="decisions" aria-labelledby="decisions">
      <h2>
        <span id="decisions">Decisions</span> <small>the last hour’s, the latest first</small>
      </h2>
      {decisions.length === 0 ? (
        <p class="none">Nothing had to be decided.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">time</th>
              <th scope="col">of</th>
              <th scope="col">decision</th>
              <th scope="col">why</th>
              <th scope="col">by</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ action, at, by, id, instanceId, reason, subject }) => (
              <tr key={id}>
                <td class="when">
                  <TimeOf at={at} />
                </td>
                <td class="subject">{subject}</td>
                <td class="action">{action}</td>
                <td class="reason">
                  {reason}
                  {instanceId !== undefined && !reason.includes(instanceId) && <small> {instanceId}</small>}
                </td>
                <td class="by">{by}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {decisions.length > listed && (
        <button type="button" class="quiet" onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${decisions.length}`}
        </button>
      )}
    </section>
  );
}

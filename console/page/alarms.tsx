import type { AlarmView } from '../../cli/console/contracts.ts';
import { Mark } from './mark.tsx';
import { TimeOf } from './time-of.tsx';

/** Alarms that fire; nothing where none does. */
export function Alarms({ alarms }: { readonly alarms: readonly AlarmView[] }) {
  if (alarms.length === 0) return null;
  return (
    <section class="alarms" aria-labelledby="alarms">
      <h2 id="alarms">
        {alarms.length} {alarms.length === 1 ? 'alarm' : 'alarms'}
      </h2>
      <ul>
        {alarms.map(({ name, reason, since }) => (
          <li key={name}>
            <Mark state="unwell" />
            <strong>{name}</strong>
            {since !== undefined && (
              <>
                {' since '}
                <TimeOf at={since} />
              </>
            )}
            <span class="reason" title={reason}>
              {reason}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

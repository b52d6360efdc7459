import type { ClusterView, QuorumView, SlotView, ZoneView } from '../../cli/console/contracts.ts';
import { OfferButtons } from './offer-buttons.tsx';
import { SlotCard } from './slot-card.tsx';

/** The control plane as what it is named after: a plate that stands on one leg in each zone. */
export function Trivet({ cluster: { quorum, zones } }: { readonly cluster: ClusterView }) {
  return (
    <section class="trivet" aria-labelledby="control-plane">
      <Plate quorum={quorum} slots={zones.flatMap((zone) => zone.slots)} />
      <div class="legs" style={{ '--zones': String(zones.length) }}>
        {zones.map((zone) => (
          <Leg key={zone.zone} zone={zone} />
        ))}
      </div>
    </section>
  );
}

function Plate({ quorum, slots }: { readonly quorum: QuorumView; readonly slots: readonly SlotView[] }) {
  const { leader, margin, members, needed, voting } = quorum;
  return (
    <div class="plate">
      <h2 id="control-plane">Control plane</h2>
      <dl class="counts">
        <div>
          <dt>vote</dt>
          <dd>
            <span class="pips" aria-hidden="true">
              {slots.map(({ member, slot }) => (
                <i key={slot} data-votes={votes(member)} />
              ))}
            </span>
            {voting === undefined ? 'not known' : `${voting} of ${members}`}
          </dd>
        </div>
        <div>
          <dt>must</dt>
          <dd>{needed}</dd>
        </div>
        <div data-tight={margin !== undefined && margin <= 0}>
          <dt>may still be lost</dt>
          <dd>{margin === undefined ? 'not known' : margin < 0 ? 'no quorum' : margin}</dd>
        </div>
        <div>
          <dt>leader</dt>
          <dd>{leader === undefined ? 'none' : `slot ${leader}`}</dd>
        </div>
      </dl>
    </div>
  );
}

/** Undefined while it is not known. */
function votes(member: SlotView['member']): boolean | undefined {
  return member === undefined ? undefined : member.healthy && member.role !== 'learner';
}

function Leg({ zone: { cut, offers, slots, workers, zone } }: { readonly zone: ZoneView }) {
  const state = slots[0]?.state ?? 'unknown';
  return (
    <section class="leg" data-state={state} data-cut={cut} aria-labelledby={`zone-${zone}`}>
      <div class="shaft" aria-hidden="true" />
      <div class="foot">
        <header>
          <h3 id={`zone-${zone}`}>{zone}</h3>
          <OfferButtons offers={offers} />
        </header>
        {slots.map((slot) => (
          <SlotCard key={slot.slot} slot={slot} workers={workers} />
        ))}
      </div>
    </section>
  );
}

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Offer } from '../../cli/console/contracts.ts';

/** Opens the dialog that asks before an offer is taken. */
export const OfferContext = createContext<(offer: Offer) => void>(() => {});

/** Buttons: what can be done, and apart from that what can be broken. */
export function OfferButtons({ offers }: { readonly offers: readonly Offer[] }) {
  const ask = useContext(OfferContext);
  if (offers.length === 0) return null;
  const mends = offers.filter(({ kind }) => kind !== 'break');
  const breaks = offers.filter(({ kind }) => kind === 'break');
  const button = (offer: Offer) => (
    <button
      key={offer.name}
      type="button"
      class={offer.kind}
      aria-label={offer.title}
      aria-haspopup="dialog"
      onClick={() => ask(offer)}
    >
      {offer.label}
    </button>
  );
  return (
    <div class="offers">
      {mends.length > 0 && <span>{mends.map(button)}</span>}
      {breaks.length > 0 && <span>{breaks.map(button)}</span>}
    </div>
  );
}

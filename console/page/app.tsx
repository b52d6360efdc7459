import { useCallback, useState } from 'preact/hooks';
import type { Offer, Snapshot } from '../../cli/console/contracts.ts';
import { Alarms } from './alarms.tsx';
import { Approvals } from './approvals.tsx';
import { ClusterHeading } from './cluster-heading.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { Decisions } from './decisions.tsx';
import { Freshness } from './freshness.tsx';
import { Header } from './header.tsx';
import { Nothing } from './nothing.tsx';
import { OfferContext } from './offer-buttons.tsx';
import { Pools } from './pools.tsx';
import { Trivet } from './trivet.tsx';
import { Unread } from './unread.tsx';
import { useFeed } from './use-feed.ts';
import { useHash } from './use-hash.ts';
import { Work } from './work.tsx';

/** The page: what is known now, and the one dialog in which anything is done. */
export function App() {
  const wanted = useHash();
  const heard = useFeed<Snapshot>(
    wanted === '' ? '/events' : `/events?cluster=${encodeURIComponent(wanted)}`,
  );
  const [offer, setOffer] = useState<Offer>();
  const [said, setSaid] = useState('');
  const [selected, setSelected] = useState<string>();
  const close = useCallback(() => setOffer(undefined), []);
  const done = useCallback((message: string, executionArn: string | undefined) => {
    setSaid(message);
    if (executionArn !== undefined) setSelected(executionArn);
  }, []);
  const { value: snapshot } = heard;
  return (
    <OfferContext.Provider value={setOffer}>
      <a class="skip" href="#main">
        Skip to the cluster
      </a>
      <Header snapshot={snapshot} heard={heard} />
      <Freshness heard={heard} endpoint={snapshot?.source.endpoint} />
      <main id="main">
        {snapshot?.cluster ? (
          <>
            <ClusterHeading cluster={snapshot.cluster} />
            <Approvals approvals={snapshot.approvals} />
            <Alarms alarms={snapshot.alarms} />
            <Trivet cluster={snapshot.cluster} />
            <Work executions={snapshot.executions} selected={selected} select={setSelected} />
            <Pools pools={snapshot.cluster.pools} />
            <Decisions decisions={snapshot.decisions} />
          </>
        ) : (
          <Nothing heard={heard} />
        )}
        <Unread parts={snapshot?.unread ?? []} />
      </main>
      <p class="said" role="status">
        {said}
        {said !== '' && (
          <button type="button" class="quiet" onClick={() => setSaid('')}>
            Dismiss
          </button>
        )}
      </p>
      {offer && <ConfirmDialog key={offer.title} offer={offer} close={close} done={done} />}
    </OfferContext.Provider>
  );
}

import { useEffect } from 'preact/hooks';
import type { ClusterView } from '../../cli/console/contracts.ts';
import { Mark } from './mark.tsx';
import { OfferButtons } from './offer-buttons.tsx';
import { TimeOf } from './time-of.tsx';

/** In the browser's tab. */
const titles = { well: 'well', busy: 'at work', unwell: 'NOT well', unknown: 'not known' } as const;

/** The cluster's name, and how it is in one sentence, said aloud when it changes. */
export function ClusterHeading({ cluster }: { readonly cluster: ClusterView }) {
  const { endpoint, kubernetes, kubernetesVersion, lastFailure, localEndpoint, name, offers, paused } =
    cluster;
  // What a slot that is not well does to its API server goes without saying.
  const tellsKubernetes =
    kubernetes.state !== 'well' &&
    kubernetes.observedAt !== undefined &&
    cluster.zones.every(({ slots }) => slots.every(({ state }) => state === 'well'));
  useEffect(() => {
    document.title = `${name}: ${titles[cluster.state]} – Trivet`;
  }, [name, cluster.state]);
  return (
    <section class="heading" aria-labelledby="cluster">
      <div>
        <h1 id="cluster">{name}</h1>
        <p class="sentence" data-state={cluster.state} aria-live="polite">
          <Mark state={cluster.state} />
          {cluster.sentence}
        </p>
        <p class="details">
          Kubernetes {kubernetes.version ?? kubernetesVersion}
          {endpoint !== undefined && (
            <>
              {' · API at '}
              <code title={endpoint}>{localEndpoint ?? endpoint}</code>
            </>
          )}
          {tellsKubernetes && <span class="trouble"> · {kubernetes.sentence}</span>}
        </p>
        {paused && (
          <p class="paused">
            <strong>
              Paused until <TimeOf at={paused.until} />.
            </strong>{' '}
            Nothing is changed by itself: {paused.reason}
          </p>
        )}
        {lastFailure && (
          <p class="details trouble">
            Last failure, <TimeOf at={lastFailure.at} />, {lastFailure.workflow}: {lastFailure.message}
          </p>
        )}
      </div>
      <OfferButtons offers={offers} />
    </section>
  );
}

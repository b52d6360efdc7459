import type { ClusterView } from '../../cli/console/contracts.ts';
import { Mark } from './mark.tsx';
import { OfferButtons } from './offer-buttons.tsx';
import { TimeOf } from './time-of.tsx';

/** The cluster's name, and how it is in one sentence, said aloud when it changes. */
export function ClusterHeading({ cluster }: { readonly cluster: ClusterView }) {
  const { endpoint, kubernetes, kubernetesVersion, lastFailure, localEndpoint, name, offers } = cluster;
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
          {kubernetes.state !== 'well' && kubernetes.observedAt !== undefined && (
            <span class="trouble"> · {kubernetes.sentence}</span>
          )}
        </p>
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

import type { Snapshot } from '../../cli/console/contracts.ts';
import { LiveDot } from './freshness.tsx';
import type { Heard } from './use-feed.ts';

interface HeaderProps {
  readonly snapshot: Snapshot | undefined;
  readonly heard: Heard<Snapshot>;
}

/** Whose data it is, how fresh it is, and the clusters there are. */
export function Header({ heard, snapshot }: HeaderProps) {
  const { source } = snapshot ?? {};
  return (
    <header class="top">
      <div class="bar">
        <span class="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M3 9h26M8 9v17M16 9v17M24 9v17" />
          </svg>
          Trivet
        </span>
        {source && (
          <ul class="source" aria-label="Where this is">
            <li>
              {source.embedded ? `embedded region at ${hostOf(source.endpoint)}` : placeOf(source.endpoint)}
            </li>
            <li>{source.region}</li>
            <li title={source.callerArn}>account {source.accountId}</li>
            {source.deployment !== 'trivet' && <li>deployment {source.deployment}</li>}
          </ul>
        )}
        <LiveDot heard={heard} />
      </div>
      {snapshot && snapshot.clusters.length > 1 && (
        <nav class="clusters" aria-label="Clusters">
          {snapshot.clusters.map((name) => (
            <a
              key={name}
              href={`#${encodeURIComponent(name)}`}
              aria-current={name === snapshot.cluster?.name ? 'page' : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
      )}
    </header>
  );
}

function placeOf(endpoint: string | undefined): string {
  return endpoint === undefined ? 'AWS' : hostOf(endpoint);
}

function hostOf(endpoint: string | undefined): string {
  return endpoint === undefined ? '' : new URL(endpoint).host;
}

import { useState } from 'preact/hooks';
import type { PoolView, WorkerView } from '../../cli/console/contracts.ts';
import { Mark } from './mark.tsx';
import { OfferButtons } from './offer-buttons.tsx';
import { TimeOf } from './time-of.tsx';

/** As many workers of a pool are listed before one asks for more; those that are not well come first. */
const listed = 12;

const order = { unwell: 0, unknown: 1, busy: 2, well: 3 } as const;

/** Pools with their workers and how those are. */
export function Pools({ pools }: { readonly pools: readonly PoolView[] }) {
  return (
    <section class="pools" aria-labelledby="pools">
      <h2 id="pools">Pools</h2>
      {pools.length === 0 && <p class="none">The spec has no pools.</p>}
      {pools.map((pool) => (
        <Pool key={pool.pool} pool={pool} />
      ))}
    </section>
  );
}

function Pool({ pool }: { readonly pool: PoolView }) {
  const { capacity, desired, guardClosed, max, min, offers, sentence, state, workers } = pool;
  const [all, setAll] = useState(false);
  const sorted = workers.toSorted((one, two) => order[one.health] - order[two.health]);
  const shown = all ? sorted : sorted.slice(0, listed);
  return (
    <article class="pool" aria-labelledby={`pool-${pool.pool}`}>
      <header>
        <h3 id={`pool-${pool.pool}`}>{pool.pool}</h3>
        <p class="sentence" data-state={state}>
          <Mark state={state} />
          {sentence}
        </p>
        <p class="details">
          {capacity}, wants {desired ?? 'none yet'}, from {min} to {max}
        </p>
        <OfferButtons offers={offers} />
      </header>
      {guardClosed && (
        <p class="trouble">
          The storm guard is closed since <TimeOf at={guardClosed.since} />: {guardClosed.reason}
        </p>
      )}
      {workers.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">worker</th>
              <th scope="col">zone</th>
              <th scope="col">type</th>
              <th scope="col">health</th>
              <th scope="col">
                <span class="unseen">what can be done</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((worker) => (
              <Worker key={worker.instanceId} worker={worker} />
            ))}
          </tbody>
        </table>
      )}
      {workers.length > listed && (
        <button type="button" class="quiet" onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${workers.length} workers`}
        </button>
      )}
    </article>
  );
}

function Worker({ worker }: { readonly worker: WorkerView }) {
  const { health, instanceId, offers, reason, type, version, word, zone } = worker;
  return (
    <tr>
      <th scope="row">
        <code>{instanceId}</code>
      </th>
      <td>{zone}</td>
      <td class="type">{type}</td>
      <td class="health">
        <span class="word" data-state={health}>
          <Mark state={health} />
          {word}
        </span>
        {health === 'well'
          ? version !== undefined && <small>{version}</small>
          : reason && <small>{reason}</small>}
      </td>
      <td class="do">
        <OfferButtons offers={offers} />
      </td>
    </tr>
  );
}

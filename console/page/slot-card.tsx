import type { ComponentChildren } from 'preact';
import type { SlotView, ZoneView } from '../../cli/console/contracts.ts';
import { Mark } from './mark.tsx';
import { OfferButtons } from './offer-buttons.tsx';

interface SlotCardProps {
  readonly slot: SlotView;
  readonly workers: ZoneView['workers'];
}

/** A slot: what lasts of it, and what stands in it now. */
export function SlotCard({ slot, workers }: SlotCardProps) {
  const { address, apiServer, instance, leader, member, node, offers, sentence, state, volume, word } = slot;
  return (
    <article class="slot" aria-labelledby={`slot-${slot.slot}`}>
      <h4>
        <span id={`slot-${slot.slot}`}>Slot {slot.slot}</span>
        <span class="word" data-state={state}>
          <Mark state={state} />
          {word}
        </span>
        {leader && <span class="leads">leader</span>}
      </h4>
      <p class="why" data-state={state}>
        {sentence}
      </p>
      <dl class="facts">
        <Fact name="instance" note={instance && `${instance.type}, ${instance.state}`}>
          {instance ? <code>{instance.instanceId}</code> : 'none'}
        </Fact>
        <Fact name="volume" note={volume && volumeNote(volume)}>
          {volume ? <code>{volume.volumeId}</code> : 'none'}
        </Fact>
        <Fact name="member" note={member && memberNote(member)}>
          {member ? <code>{member.memberId}</code> : 'none'}
        </Fact>
        <Fact name="address" note={undefined}>
          {address === undefined ? 'none' : <code>{address}</code>}
        </Fact>
        <Fact name="Kubernetes" note={node && (node.ready ? 'node ready' : 'node not ready')}>
          <span title={apiServer?.reason}>
            {apiServer ? (apiServer.ready ? 'API server ready' : 'API server not ready') : 'not asked yet'}
          </span>
        </Fact>
        <Fact name="workers" note={undefined}>
          {workers.all === 0 ? 'none in this zone' : `${workers.ready} of ${workers.all} ready`}
        </Fact>
      </dl>
      <OfferButtons offers={offers} />
    </article>
  );
}

interface FactProps {
  readonly name: string;
  readonly note: string | undefined;
  readonly children: ComponentChildren;
}

function Fact({ children, name, note }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}

function volumeNote({ sizeGibibytes, state }: NonNullable<SlotView['volume']>): string {
  return sizeGibibytes === undefined ? state : `${sizeGibibytes} GiB, ${state}`;
}

function memberNote({ healthy, role, version }: NonNullable<SlotView['member']>): string {
  const known = version === undefined ? '' : `, etcd ${version}`;
  return `${role}${healthy ? known : ''}`;
}

import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { ActionAnswer, Offer } from '../../cli/console/contracts.ts';
import { AskField } from './ask-field.tsx';

interface ConfirmProps {
  readonly offer: Offer;
  close(): void;
  done(message: string, executionArn: string | undefined): void;
}

/** Says what will happen, asks for the cluster's name where something is lost by it, and has it done. */
export function ConfirmDialog({ close, done, offer }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState('');
  const [doing, setDoing] = useState(false);
  const [problem, setProblem] = useState('');
  const ids = useId();
  const { asks, cluster, destructive, label, says, title } = offer;
  const [chosen, setChosen] = useState(() =>
    Object.fromEntries(asks.map((ask) => [ask.name, ask.default ?? ask.values?.[0] ?? ''])),
  );
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setDoing(true);
    setProblem('');
    const { failed, executionArn, message } = await send(offer, chosen, typed);
    setDoing(false);
    if (failed) return setProblem(message);
    done(message, executionArn);
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} aria-labelledby={`${ids}-title`} onClose={close}>
      <form class="ask" onSubmit={submit}>
        <h2 id={`${ids}-title`}>{title}?</h2>
        {says.map((text) => (
          <p key={text}>{text}</p>
        ))}
        {asks.map((ask) => (
          <AskField
            key={ask.name}
            ask={ask}
            value={chosen[ask.name] ?? ''}
            choose={(value) => setChosen({ ...chosen, [ask.name]: value })}
          />
        ))}
        {destructive && (
          <label>
            <span>
              To go on, type the cluster’s name: <strong>{cluster}</strong>
            </span>
            <input
              value={typed}
              autoComplete="off"
              spellcheck={false}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </label>
        )}
        <p class="trouble" role="alert" hidden={problem === ''}>
          {problem}
        </p>
        <div class="choices">
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
          <button
            type="submit"
            class={offer.kind}
            aria-busy={doing}
            disabled={doing || (destructive && typed !== cluster)}
          >
            {label}
          </button>
        </div>
      </form>
    </dialog>
  );
}

async function send(
  { cluster, kind, name, parameters }: Offer,
  chosen: Readonly<Record<string, string>>,
  confirm: string,
): Promise<ActionAnswer & { readonly failed: boolean }> {
  try {
    const answer = await fetch('/actions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        kind,
        name,
        cluster,
        parameters: { ...parameters, ...chosen },
        ...(confirm !== '' && { confirm }),
      }),
    });
    return { ...((await answer.json()) as ActionAnswer), failed: !answer.ok };
  } catch {
    return { failed: true, message: 'The console on this machine does not answer: is it running?' };
  }
}

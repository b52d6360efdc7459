import { useId } from 'preact/hooks';
import type { Ask } from '../../cli/console/contracts.ts';

interface AskFieldProps {
  readonly ask: Ask;
  readonly value: string;
  choose(value: string): void;
}

/** One parameter that a person chooses: of some values, or as it is typed. */
export function AskField({ ask: { description, name, values }, choose, value }: AskFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{name}</label>
      {values ? (
        <select
          id={id}
          value={value}
          aria-describedby={`${id}-says`}
          onChange={({ currentTarget }) => choose(currentTarget.value)}
        >
          {values.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          value={value}
          required
          autoComplete="off"
          aria-describedby={`${id}-says`}
          onInput={({ currentTarget }) => choose(currentTarget.value)}
        />
      )}
      <small id={`${id}-says`}>{description}</small>
    </div>
  );
}

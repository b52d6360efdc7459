import { isObject, type JsonObject, type JsonValue } from '../../../../states/json.ts';
import { StepFailure } from '../errors.ts';

/** An input that has to be text. Throws StepFailure, as AWS does only when the step runs. */
export function textInput(inputs: JsonObject, name: string): string {
  const value = inputs[name];
  if (typeof value === 'string') return value;
  throw misfit(name, 'a String', value);
}

/** Text, or undefined where the input is not given. */
export function optionalText(inputs: JsonObject, name: string): string | undefined {
  return inputs[name] === undefined ? undefined : textInput(inputs, name);
}

/** A list of texts. */
export function textsInput(inputs: JsonObject, name: string): string[] {
  const value = inputs[name];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value as string[];
  throw misfit(name, 'a StringList', value);
}

/** A whole number, which may stand as text. */
export function integerInput(inputs: JsonObject, name: string, otherwise: number): number {
  const value = inputs[name];
  if (value === undefined) return otherwise;
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number)) return number;
  throw misfit(name, 'an Integer', value);
}

/** A list of objects. */
export function objectsInput(inputs: JsonObject, name: string): JsonObject[] {
  const value = inputs[name];
  if (Array.isArray(value) && value.every(isObject)) return value as JsonObject[];
  throw misfit(name, 'a MapList', value);
}

function misfit(name: string, wanted: string, value: JsonValue | undefined): StepFailure {
  return new StepFailure(
    'InputValidation',
    `The input "${name}" must be ${wanted}, and is ${JSON.stringify(value) ?? 'missing'}`,
  );
}

/** Resolves or rejects as the work does, or rejects with the signal's reason as soon as that is aborted. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      work.catch(() => {});
      return reject(signal.reason);
    }
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

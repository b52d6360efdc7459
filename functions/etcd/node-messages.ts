import {
  type Directive,
  MalformedMessage,
  parseReport,
  type Report,
  renderDirective,
} from '../../node/protocol.ts';
import { ProtocolInvalid } from '../runtime/errors.ts';

/** A node's report, as it wrote it to `key`. Throws ProtocolInvalid. */
export function readReport(key: string, text: string): Report {
  return inCatalogue(key, () => parseReport(text));
}

/** The lines of a directive for `key`. Throws ProtocolInvalid for one that the node would not understand. */
export function writtenDirective(key: string, directive: Directive): string {
  return inCatalogue(key, () => renderDirective(directive));
}

function inCatalogue<T>(key: string, speak: () => T): T {
  try {
    return speak();
  } catch (error) {
    if (error instanceof MalformedMessage)
      throw new ProtocolInvalid(`${key}: ${error.message}`, { cause: error });
    throw error;
  }
}

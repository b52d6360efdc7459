import type { IssuerDocuments } from '../../functions/aws/issuer-documents.ts';
import { type FakeObjects, fakeObjects } from './fake-objects.ts';

/** The issuers' bucket in memory, with conditional writes. `objects` is open for tests to look at and to spoil. */
export interface FakeIssuerDocuments extends IssuerDocuments {
  readonly objects: FakeObjects;
}

export function fakeIssuerDocuments(): FakeIssuerDocuments {
  const objects = fakeObjects();
  return {
    objects,
    async get(key) {
      const found = await objects.get(key);
      return found && { text: new TextDecoder().decode(found.body), etag: found.etag };
    },
    async put(key, text, condition) {
      await objects.put(key, text, condition);
    },
  };
}

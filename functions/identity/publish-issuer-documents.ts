/**
 * Publishes the documents of a cluster's service-account issuer: how to verify its tokens. Reads public keys alone.
 *
 * Safe to repeat: a document is put only where it is missing or says something else, over the version that was read and no other.
 */
import { type IssuerDocuments, makeIssuerDocuments } from '../aws/issuer-documents.ts';
import { makeObjects, type Objects } from '../aws/objects.ts';
import { makeRegistry, type Registry } from '../aws/registry.ts';
import { openCluster } from '../clusters/acting.ts';
import { ResourceNotReady } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { publishIssuerDocuments } from './contracts.ts';
import { decideIssuerDocuments, wantedIssuerDocuments } from './decide-issuer-documents.ts';
import { issuerOf } from './names.ts';
import { readIssuerDocuments, readPublicKeys } from './observe-identity.ts';

export interface PublishDeps {
  readonly registry: Registry;
  readonly objects: Pick<Objects, 'get'>;
  readonly documents: IssuerDocuments;
}

export const handler = task(
  publishIssuerDocuments,
  (config): PublishDeps => ({
    registry: makeRegistry(config),
    objects: makeObjects(config),
    documents: makeIssuerDocuments(config),
  }),
  async (input, { registry, objects, documents }, { config, signal, log }) => {
    const { act } = await openCluster(registry, input, config.deployment, signal);
    const issuer = issuerOf(config, input.layout);
    const publicKeys = await readPublicKeys(objects, input.cluster, signal);
    if (publicKeys === undefined)
      throw new ResourceNotReady(`${input.cluster} has no key for service-account tokens yet`);
    const found = await readIssuerDocuments(documents, issuer, signal);
    const steps = decideIssuerDocuments(wantedIssuerDocuments(issuer, publicKeys), found);
    for (const { document, etag } of steps)
      await act(() => {
        const condition = etag === undefined ? { ifNoneMatch: true as const } : { ifMatch: etag };
        return documents.put(document.key, document.text, condition, signal);
      });
    if (steps.length > 0) log.info('changed', { changes: steps.map((step) => step.reason) });
    return { issuer: issuer.url, changed: steps.length > 0 };
  },
);

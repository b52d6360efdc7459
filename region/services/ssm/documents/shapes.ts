import type {
  DocumentDescription,
  DocumentKeyValuesFilter,
  DocumentParameter,
  DocumentStatus,
  ListDocumentsCommandInput,
} from '@aws-sdk/client-ssm';
import { NotPlayedError } from '../../../kernel/errors.ts';
import { onlyPlayed } from '../../common/request.ts';
import { textOf } from '../automation/references.ts';
import type { Runbook } from '../automation/runbook.ts';
import { page, type SsmState } from '../state.ts';
import { type DocumentVersion, findVersion, type StoredDocument } from './document.ts';

/** A document as its operations describe it; `status` is what AWS says at this moment of its life. */
export function describeDocument(
  ssm: SsmState,
  document: StoredDocument,
  version: DocumentVersion,
  status: DocumentStatus,
): DocumentDescription {
  const { description } = version.runbook;
  return {
    Hash: version.hash,
    HashType: 'Sha256',
    Name: document.name,
    Owner: ssm.kernel.accountId,
    CreatedDate: version.createdAt,
    Status: status,
    DocumentVersion: String(version.number),
    ...(description === undefined ? {} : { Description: description }),
    Parameters: describeParameters(version.runbook),
    PlatformTypes: ['Windows', 'Linux', 'MacOS'],
    DocumentType: 'Automation',
    SchemaVersion: '0.3',
    LatestVersion: String(document.versions.length),
    DefaultVersion: String(document.defaultVersion),
    DocumentFormat: version.format,
    Tags: [...document.tags],
  };
}

function describeParameters({ parameters }: Runbook): DocumentParameter[] {
  return Object.entries(parameters).map(([Name, { type, description, default: value }]) => ({
    Name,
    // The model names two types, and the service answers with all that documents have.
    Type: type as NonNullable<DocumentParameter['Type']>,
    ...(description === undefined ? {} : { Description: description }),
    ...(value === undefined ? {} : { DefaultValue: textOf(value) }),
  }));
}

/** The account's documents by name, page by page; AWS's own are not among them. */
export function listDocuments(ssm: SsmState, input: ListDocumentsCommandInput) {
  onlyPlayed('ssm.listDocuments', input, ['Filters', 'MaxResults', 'NextToken']);
  const found = [...ssm.documents.values()].filter((document) =>
    (input.Filters ?? []).every((filter) => fits(document, filter)),
  );
  const { items, nextToken } = page(found, ({ name }) => name, input);
  return {
    DocumentIdentifiers: items.map((document) => identify(ssm, document)),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
}

function identify(ssm: SsmState, document: StoredDocument) {
  const version = findVersion(document) ?? document.versions[0];
  return {
    Name: document.name,
    ...(version && { CreatedDate: version.createdAt, DocumentFormat: version.format }),
    Owner: ssm.kernel.accountId,
    PlatformTypes: ['Windows' as const, 'Linux' as const, 'MacOS' as const],
    DocumentVersion: String(document.defaultVersion),
    DocumentType: 'Automation' as const,
    SchemaVersion: '0.3',
    Tags: [...document.tags],
  };
}

function fits(
  document: StoredDocument,
  { Key: key = '', Values: values = [] }: DocumentKeyValuesFilter,
): boolean {
  if (key.startsWith('tag:')) {
    const tag = document.tags.find(({ Key }) => Key === key.slice('tag:'.length));
    return tag !== undefined && values.includes(tag.Value ?? '');
  }
  switch (key.toLowerCase()) {
    case 'name':
      return values.some((value) => document.name.startsWith(value));
    case 'owner':
      return values.some((value) => ['self', 'private', 'all'].includes(value.toLowerCase()));
    case 'documenttype':
      return values.includes('Automation');
    default:
      throw new NotPlayedError(`the filter ${key} of ssm.listDocuments`);
  }
}

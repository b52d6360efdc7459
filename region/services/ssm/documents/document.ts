import type { Tag } from '@aws-sdk/client-ssm';
import { AwsError } from '../../../kernel/errors.ts';
import type { DocumentFormat } from '../automation/read-runbook.ts';
import type { Runbook } from '../automation/runbook.ts';

/** One version of a document: never changed, and kept as long as the document. */
export interface DocumentVersion {
  readonly number: number;
  /** The text as it was given. */
  readonly content: string;
  readonly format: DocumentFormat;
  readonly hash: string;
  readonly createdAt: Date;
  readonly runbook: Runbook;
}

export interface StoredDocument {
  readonly name: string;
  readonly arn: string;
  /** Oldest first. */
  readonly versions: DocumentVersion[];
  defaultVersion: number;
  tags: Tag[];
}

export type Documents = ReadonlyMap<string, StoredDocument>;

/** The document of a name or an ARN; undefined where there is none. */
export function findDocument(
  documents: Documents,
  nameOrArn: string | undefined,
): StoredDocument | undefined {
  const name = nameOrArn ?? '';
  return documents.get(name.slice(name.lastIndexOf('/') + 1));
}

/** The document of a name or an ARN. Throws InvalidDocument. */
export function resolveDocument(documents: Documents, nameOrArn: string | undefined): StoredDocument {
  const document = findDocument(documents, nameOrArn);
  if (document) return document;
  throw new AwsError('InvalidDocument', `Document with name ${nameOrArn ?? ''} does not exist.`);
}

/** The version that a number, `$LATEST` or `$DEFAULT` names; without one the default version. Undefined where there is none. */
export function findVersion(
  document: StoredDocument,
  asked: string | undefined = '$DEFAULT',
): DocumentVersion | undefined {
  const { versions, defaultVersion } = document;
  if (asked === '$LATEST') return versions.at(-1);
  const number = asked === '$DEFAULT' ? defaultVersion : Number(asked);
  return versions.find((version) => version.number === number);
}

/** As findVersion. Throws InvalidDocumentVersion. */
export function resolveVersion(document: StoredDocument, asked: string | undefined): DocumentVersion {
  const version = findVersion(document, asked);
  if (version) return version;
  throw new AwsError(
    'InvalidDocumentVersion',
    `The document version is not valid or does not exist: ${asked ?? ''} of ${document.name}.`,
  );
}

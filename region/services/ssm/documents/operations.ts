import { createHash } from 'node:crypto';
import type {
  CreateDocumentCommandInput,
  DeleteDocumentCommandInput,
  DescribeDocumentCommandInput,
  GetDocumentCommandInput,
  SSM,
  UpdateDocumentCommandInput,
  UpdateDocumentDefaultVersionCommandInput,
} from '@aws-sdk/client-ssm';
import { stringify } from 'yaml';
import { AwsError, NotPlayedError } from '../../../kernel/errors.ts';
import type { Operations } from '../../../kernel/kernel.ts';
import { onlyPlayed } from '../../common/request.ts';
import { type DocumentFormat, parseContent, readRunbook } from '../automation/read-runbook.ts';
import { documentBytesMax } from '../automation/start-parameters.ts';
import { checkTags, documentArn, invalid, type SsmState } from '../state.ts';
import { type DocumentVersion, resolveDocument, resolveVersion, type StoredDocument } from './document.ts';
import { describeDocument, listDocuments } from './shapes.ts';

const versionsMax = 1000;
/** Beginnings of names that AWS keeps for itself (API reference, CreateDocument); case does not tell them apart. */
const reserved = /^(aws|amazon|amzn)/i;

/** Automation documents: stored with their versions, checked when they come in. */
export function documentOperations(ssm: SsmState) {
  const { documents } = ssm;
  return {
    createDocument: (input) => createDocument(ssm, input),
    updateDocument: (input) => updateDocument(ssm, input),
    updateDocumentDefaultVersion: (input: UpdateDocumentDefaultVersionCommandInput) => {
      const document = resolveDocument(documents, input.Name);
      const { number } = resolveVersion(document, input.DocumentVersion);
      document.defaultVersion = number;
      return { Description: { Name: document.name, DefaultVersion: String(number) } };
    },
    deleteDocument: (input: DeleteDocumentCommandInput) => {
      onlyPlayed('ssm.deleteDocument', input, ['Name', 'Force']);
      documents.delete(resolveDocument(documents, input.Name).name);
      return {};
    },
    describeDocument: (input: DescribeDocumentCommandInput) => {
      onlyPlayed('ssm.describeDocument', input, ['Name', 'DocumentVersion']);
      const document = resolveDocument(documents, input.Name);
      const version = resolveVersion(document, input.DocumentVersion);
      return { Document: describeDocument(ssm, document, version, 'Active') };
    },
    getDocument: (input: GetDocumentCommandInput) => {
      onlyPlayed('ssm.getDocument', input, ['Name', 'DocumentVersion', 'DocumentFormat']);
      const document = resolveDocument(documents, input.Name);
      const version = resolveVersion(document, input.DocumentVersion);
      const format = checkFormat(input.DocumentFormat);
      return {
        Name: document.name,
        CreatedDate: version.createdAt,
        DocumentVersion: String(version.number),
        Status: 'Active' as const,
        Content: contentAs(version, format),
        DocumentType: 'Automation' as const,
        DocumentFormat: format,
        AttachmentsContent: [],
      };
    },
    listDocuments: (input) => listDocuments(ssm, input),
  } satisfies Operations<SSM>;
}

async function createDocument(ssm: SsmState, input: CreateDocumentCommandInput) {
  onlyPlayed('ssm.createDocument', input, ['Content', 'Name', 'DocumentType', 'DocumentFormat', 'Tags']);
  const name = checkName(input.Name ?? '');
  // AWS takes a document without a type for a Command.
  if (input.DocumentType !== 'Automation')
    throw new NotPlayedError(`SSM documents of type ${input.DocumentType ?? 'Command'}`);
  const tags = checkTags(input.Tags ?? []);
  const version = await readVersion(ssm, input, 1);
  if (ssm.documents.has(name))
    throw new AwsError('DocumentAlreadyExists', `Document with same name ${name} already exists`);
  const document: StoredDocument = {
    name,
    arn: documentArn(ssm.kernel, name),
    versions: [version],
    defaultVersion: 1,
    tags,
  };
  ssm.documents.set(name, document);
  return { DocumentDescription: describeDocument(ssm, document, version, 'Creating') };
}

/** A new version; the default stays what it is until UpdateDocumentDefaultVersion. */
async function updateDocument(ssm: SsmState, input: UpdateDocumentCommandInput) {
  onlyPlayed('ssm.updateDocument', input, ['Content', 'Name', 'DocumentVersion', 'DocumentFormat']);
  const document = resolveDocument(ssm.documents, input.Name);
  const latest = document.versions.at(-1);
  const asked = resolveVersion(document, input.DocumentVersion ?? '$LATEST');
  if (asked !== latest)
    throw new AwsError('InvalidDocumentVersion', 'Only the latest version of a document can be updated.');
  const version = await readVersion(ssm, input, document.versions.length + 1);
  if (latest?.hash === version.hash)
    throw new AwsError(
      'DuplicateDocumentContent',
      'The content of the association document matches another document. Change the content of the document and try again.',
    );
  if (document.versions.length >= versionsMax)
    throw new AwsError(
      'DocumentVersionLimitExceeded',
      'The document has too many versions. Delete one or more document versions and try again.',
    );
  document.versions.push(version);
  return { DocumentDescription: describeDocument(ssm, document, version, 'Updating') };
}

async function readVersion(
  { kernel }: SsmState,
  input: { readonly Content?: string | undefined; readonly DocumentFormat?: string | undefined },
  number: number,
): Promise<DocumentVersion> {
  const { Content: content = '' } = input;
  if (Buffer.byteLength(content) > documentBytesMax)
    throw new AwsError('MaxDocumentSizeExceeded', 'The size limit of a document is 64 KB.');
  const format = checkFormat(input.DocumentFormat);
  const runbook = await readRunbook(kernel, content, format);
  const hash = createHash('sha256').update(content).digest('hex');
  return { number, content, format, hash, runbook, createdAt: kernel.clock.now() };
}

function checkName(name: string): string {
  if (!/^[a-zA-Z0-9_\-.]{3,128}$/.test(name))
    throw invalid(
      `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9_\\-.]{3,128}$`,
    );
  if (reserved.test(name))
    throw invalid(`Document name ${name} begins with a prefix that is reserved for AWS.`);
  return name;
}

function checkFormat(format: string | undefined = 'JSON'): DocumentFormat {
  if (format === 'JSON' || format === 'YAML') return format;
  throw new NotPlayedError(`SSM documents in the format ${format}`);
}

function contentAs({ content, format }: DocumentVersion, wanted: DocumentFormat): string {
  if (format === wanted) return content;
  const data = parseContent(content, format);
  return wanted === 'JSON' ? JSON.stringify(data, null, 2) : stringify(data);
}

import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import * as z from 'zod';
import { AwsError } from '../../../kernel/errors.ts';
import { defined, json, object, type ProviderContext, provider, type Tags, tags, text } from '../provider.ts';

const documentProperties = object({
  Content: z.union([json, z.string()]),
  DocumentFormat: z.enum(['JSON', 'YAML']).default('JSON'),
  DocumentType: text,
  Name: text.optional(),
  UpdateMethod: z.enum(['Replace', 'NewVersion']).default('Replace'),
  Tags: tags.optional(),
});

type DocumentProperties = z.infer<typeof documentProperties>;

/** Content as the API takes it: an object is written in the document's format (aws-cloudformation-resource-providers-ssm). */
function contentOf({ Content: content, DocumentFormat: format }: DocumentProperties): string {
  if (typeof content === 'string') return content;
  return format === 'JSON' ? JSON.stringify(content, null, 2) : stringify(content);
}

/** A new version, which becomes the default at once. */
async function addVersion(context: ProviderContext, name: string, p: DocumentProperties): Promise<void> {
  const { DocumentDescription } = await context.call<{ DocumentDescription: { LatestVersion?: string } }>(
    'ssm',
    'updateDocument',
    { Name: name, Content: contentOf(p), DocumentFormat: p.DocumentFormat, DocumentVersion: '$LATEST' },
  );
  await context.call('ssm', 'updateDocumentDefaultVersion', {
    Name: name,
    DocumentVersion: DocumentDescription.LatestVersion,
  });
}

async function updateTags(context: ProviderContext, name: string, old: Tags, wanted: Tags): Promise<void> {
  const resource = { ResourceType: 'Document', ResourceId: name };
  const gone = old.map(({ Key }) => Key).filter((key) => !wanted.some(({ Key }) => Key === key));
  if (gone.length > 0) await context.call('ssm', 'removeTagsFromResource', { ...resource, TagKeys: gone });
  if (wanted.length > 0) await context.call('ssm', 'addTagsToResource', { ...resource, Tags: wanted });
}

/**
 * With UpdateMethod `Replace`, the default, another content is another document: one with a name of its own then cannot be updated, since
 * the new document would need the name that the old one has.
 */
const document = provider({
  type: 'AWS::SSM::Document',
  properties: documentProperties,
  replacedBy: ({ UpdateMethod: method }) =>
    method === 'NewVersion'
      ? ['Name', 'DocumentType']
      : ['Name', 'DocumentType', 'Content', 'DocumentFormat'],
  create: async (p, context) => {
    const Name = p.Name ?? context.name(128);
    await context.call(
      'ssm',
      'createDocument',
      defined({
        Name,
        Content: contentOf(p),
        DocumentFormat: p.DocumentFormat,
        DocumentType: p.DocumentType,
        Tags: p.Tags,
      }),
    );
    return { physicalId: Name };
  },
  update: async (existing, p, context) => {
    const { physicalId: name, properties: old } = existing;
    await updateTags(context, name, old.Tags ?? [], p.Tags ?? []);
    const isSame = isDeepStrictEqual(old.Content, p.Content) && old.DocumentFormat === p.DocumentFormat;
    if (!isSame) await addVersion(context, name, p);
    return { physicalId: name };
  },
  remove: async ({ physicalId: Name }, context) => {
    try {
      await context.call('ssm', 'deleteDocument', { Name, Force: true });
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== 'InvalidDocument') throw error;
    }
  },
});

export const ssmProviders = [document];

import { createHash } from 'node:crypto';
import type { CreateOpenIDConnectProviderCommandInput, IAM } from '@aws-sdk/client-iam';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { compareText } from '../common/page.ts';
import { fetchPublic } from '../common/public-web.ts';
import { checkTags, invalid, mergeTags, page, required, withoutTags } from './checks.ts';
import { alreadyExists, type IamState, limitExceeded, noSuchEntity, type StoredProvider } from './state.ts';

/** OpenID Connect providers. What IAM says is idempotent in its API reference is so here. */
export function identityProviderOperations(iam: IamState) {
  return {
    createOpenIDConnectProvider: (input) => createProvider(iam, input),
    getOpenIDConnectProvider: (input) => {
      const { name, createdAt, clientIds, thumbprints, tags } = providerOf(
        iam,
        input.OpenIDConnectProviderArn,
      );
      return {
        // Without https://, as IAM gives it.
        Url: name,
        CreateDate: createdAt,
        ClientIDList: [...clientIds],
        ThumbprintList: [...thumbprints],
        Tags: [...tags],
      };
    },
    listOpenIDConnectProviders: () => ({
      OpenIDConnectProviderList: [...iam.providers.keys()].sort(compareText).map((Arn) => ({ Arn })),
    }),
    deleteOpenIDConnectProvider: (input) => {
      iam.providers.delete(required(input.OpenIDConnectProviderArn, 'openIDConnectProviderArn'));
      return {};
    },
    addClientIDToOpenIDConnectProvider: (input) => {
      const provider = providerOf(iam, input.OpenIDConnectProviderArn);
      provider.clientIds = checkClientIds([
        ...new Set([...provider.clientIds, required(input.ClientID, 'clientID')]),
      ]);
      return {};
    },
    removeClientIDFromOpenIDConnectProvider: (input) => {
      const provider = providerOf(iam, input.OpenIDConnectProviderArn);
      provider.clientIds = provider.clientIds.filter((each) => each !== input.ClientID);
      return {};
    },
    updateOpenIDConnectProviderThumbprint: (input) => {
      const provider = providerOf(iam, input.OpenIDConnectProviderArn);
      provider.thumbprints = checkThumbprints(required(input.ThumbprintList, 'thumbprintList'));
      return {};
    },
    ...tagOperations(iam),
  } satisfies Operations<IAM>;
}

function tagOperations(iam: IamState) {
  return {
    tagOpenIDConnectProvider: (input) => {
      const provider = providerOf(iam, input.OpenIDConnectProviderArn);
      provider.tags = mergeTags(provider.tags, input.Tags);
      return {};
    },
    untagOpenIDConnectProvider: (input) => {
      const provider = providerOf(iam, input.OpenIDConnectProviderArn);
      provider.tags = withoutTags(provider.tags, input.TagKeys);
      return {};
    },
    listOpenIDConnectProviderTags: (input) => {
      const { tags } = providerOf(iam, input.OpenIDConnectProviderArn);
      const { items, marks } = page(tags, (tag) => tag.Key ?? '', input);
      return { Tags: [...items], ...marks };
    },
  } satisfies Operations<IAM>;
}

/** Quota of an account, by default (IAM and STS quotas). */
const providersMax = 100;

async function createProvider(iam: IamState, input: CreateOpenIDConnectProviderCommandInput) {
  const name = checkUrl(required(input.Url, 'url'));
  const clientIds = checkClientIds(input.ClientIDList ?? []);
  const given = checkThumbprints(input.ThumbprintList ?? []);
  const tags = checkTags(input.Tags);
  // Whoever gives no thumbprint has IAM look for itself, which it can only where the issuer can be read.
  const thumbprints = given.length > 0 ? given : [await readThumbprint(iam, name)];
  const arn = `arn:aws:iam::${iam.kernel.accountId}:oidc-provider/${name}`;
  if (iam.providers.has(arn)) throw alreadyExists(`Provider with url https://${name} already exists.`);
  if (iam.providers.size >= providersMax)
    throw limitExceeded(`Cannot exceed quota for OpenIdConnectProvidersPerAccount: ${providersMax}`);
  iam.providers.set(arn, {
    arn,
    name,
    createdAt: iam.kernel.clock.now(),
    clientIds,
    thumbprints,
    tags,
  });
  return { OpenIDConnectProviderArn: arn, ...(tags.length > 0 && { Tags: [...tags] }) };
}

/** Host and path of an issuer's URL: https, no port, no query. */
function checkUrl(url: string): string {
  if (url.length > 255) throw invalid(url, 'url', 'Member must have length less than or equal to 255');
  const match = /^https:\/\/([a-z0-9.-]+(?:\/[^?#\s]*)?)$/i.exec(url);
  if (match?.[1] !== undefined) return match[1];
  throw new AwsError('ValidationError', 'Invalid Open ID Connect Provider URL');
}

function checkClientIds(clientIds: readonly string[]): string[] {
  if (clientIds.length > 100)
    throw limitExceeded('Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100');
  for (const id of clientIds)
    if (id === '' || id.length > 255)
      throw invalid(id, 'clientIDList', 'Member must have length between 1 and 255');
  return [...clientIds];
}

function checkThumbprints(thumbprints: readonly string[]): string[] {
  if (thumbprints.length > 5)
    throw new AwsError('InvalidInput', 'Thumbprint list must contain fewer than 5 entries.');
  for (const each of thumbprints)
    if (!/^[0-9a-f]{40}$/i.test(each))
      throw invalid(each, 'thumbprintList', 'Member must have length between 40 and 40');
  return [...thumbprints];
}

/** Stands for the certificate that the issuer's host shows: what is looked at is whether there is an issuer at all. */
async function readThumbprint(iam: IamState, name: string): Promise<string> {
  const answer = await fetchPublic(iam.kernel, `https://${name}/.well-known/openid-configuration`);
  if (answer !== 'unreachable' && answer.status === 200)
    return createHash('sha1').update(name.replace(/\/.*/, '')).digest('hex');
  throw new AwsError(
    'OpenIdIdpCommunicationError',
    'The request failed because IAM cannot connect to the OpenID Connect identity provider URL.',
  );
}

function providerOf(iam: IamState, arn: string | undefined): StoredProvider {
  const provider = iam.providers.get(required(arn, 'openIDConnectProviderArn'));
  if (provider) return provider;
  throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`);
}

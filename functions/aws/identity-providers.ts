import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  IAMClient,
  TagOpenIDConnectProviderCommand,
} from '@aws-sdk/client-iam';
import { assertOwn, missingTags, type Owner, readTags, type Tags, writeTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { ResourceNotReady } from '../runtime/errors.ts';
import { calling, callingUnless, classify, hasCode } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

export interface IdentityProviderFact {
  readonly arn: string;
  readonly clientIds: readonly string[];
  readonly tags: Tags;
}

/** OpenID Connect providers in IAM: whose tokens STS takes. */
export interface IdentityProviders {
  find(arn: string, signal?: AbortSignal): Promise<IdentityProviderFact | undefined>;
  /**
   * Without thumbprints: IAM trusts S3's certificates by its own list of authorities, and finds out for itself what it shows. Throws
   * ResourceNotReady while IAM cannot read the issuer's documents.
   */
  create(
    request: { readonly url: string; readonly clientId: string; readonly tags: Tags },
    signal?: AbortSignal,
  ): Promise<void>;
  addClientId(
    provider: IdentityProviderFact,
    clientId: string,
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<void>;
  tag(provider: IdentityProviderFact, wanted: Tags, owner: Owner, signal?: AbortSignal): Promise<void>;
}

const missing = ['NoSuchEntity', 'NoSuchEntityException'];
/** A call whose reply was lost has been done when it is repeated. */
const existsAlready = ['EntityAlreadyExists', 'EntityAlreadyExistsException'];
const unreachable = ['OpenIdIdpCommunicationError', 'OpenIdIdpCommunicationErrorException'];

export function makeIdentityProviders(config: Config): IdentityProviders {
  const client = new IAMClient(clientSettings(config));
  return {
    async find(arn, signal) {
      const command = new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn });
      const call = client.send(command, abortedBy(signal));
      const found = await callingUnless('iam:GetOpenIDConnectProvider', missing, call);
      return found && { arn, clientIds: found.ClientIDList ?? [], tags: readTags(found.Tags) };
    },
    async create({ url, clientId, tags }, signal) {
      const command = new CreateOpenIDConnectProviderCommand({
        Url: url,
        ClientIDList: [clientId],
        Tags: writeTags(tags),
      });
      try {
        await client.send(command, abortedBy(signal));
      } catch (error) {
        if (hasCode(error, unreachable))
          throw new ResourceNotReady(`IAM cannot read the documents of ${url} yet`, { cause: error });
        if (!hasCode(error, existsAlready)) throw classify(error, 'iam:CreateOpenIDConnectProvider');
      }
    },
    async addClientId(provider, clientId, owner, signal) {
      assertOwn(`identity provider ${provider.arn}`, provider.tags, owner);
      const command = new AddClientIDToOpenIDConnectProviderCommand({
        OpenIDConnectProviderArn: provider.arn,
        ClientID: clientId,
      });
      const call = client.send(command, abortedBy(signal));
      await calling('iam:AddClientIDToOpenIDConnectProvider', call);
    },
    async tag(provider, wanted, owner, signal) {
      assertOwn(`identity provider ${provider.arn}`, provider.tags, owner);
      const command = new TagOpenIDConnectProviderCommand({
        OpenIDConnectProviderArn: provider.arn,
        Tags: writeTags(missingTags(provider.tags, wanted)),
      });
      await calling('iam:TagOpenIDConnectProvider', client.send(command, abortedBy(signal)));
    },
  };
}

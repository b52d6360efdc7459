import type { IdentityProviderFact, IdentityProviders } from '../aws/identity-providers.ts';
import type { IssuerDocuments } from '../aws/issuer-documents.ts';
import type { NodeRoleFact, NodeRoles } from '../aws/node-roles.ts';
import type { Objects } from '../aws/objects.ts';
import { objectKeys } from '../clusters/names.ts';
import type { DocumentFact } from './decide-issuer-documents.ts';
import { type AddOnKey, addOnRoleName, addOns, type Issuer } from './names.ts';

/** What there is of a cluster's identities: its issuer's documents, IAM's trust in it, and the add-ons' roles. */
export interface IdentityObservation {
  /** PEM; undefined before ensure-certificates has made the key. */
  readonly publicKeys: string | undefined;
  /** By key. */
  readonly documents: Readonly<Record<string, DocumentFact | undefined>>;
  readonly provider: IdentityProviderFact | undefined;
  readonly roles: Readonly<Record<AddOnKey, NodeRoleFact | undefined>>;
}

export interface ObserveIdentityDeps {
  readonly objects: Pick<Objects, 'get'>;
  readonly documents: Pick<IssuerDocuments, 'get'>;
  readonly providers: Pick<IdentityProviders, 'find'>;
  readonly roles: Pick<NodeRoles, 'find'>;
}

/** All of it, complete: what is not in it does not exist. */
export async function observeIdentity(
  deps: ObserveIdentityDeps,
  issuer: Issuer,
  { deployment, cluster }: { readonly deployment: string; readonly cluster: string },
  signal: AbortSignal,
): Promise<IdentityObservation> {
  const [publicKeys, documents, provider, roles] = await Promise.all([
    readPublicKeys(deps.objects, cluster, signal),
    readIssuerDocuments(deps.documents, issuer, signal),
    deps.providers.find(issuer.providerArn, signal),
    findAddOnRoles(deps.roles, deployment, cluster, signal),
  ]);
  return { publicKeys, documents, provider, roles };
}

export async function readPublicKeys(
  objects: Pick<Objects, 'get'>,
  cluster: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await objects.get(objectKeys(cluster).serviceAccountKeys, signal);
  return found && new TextDecoder().decode(found.body);
}

export async function readIssuerDocuments(
  documents: Pick<IssuerDocuments, 'get'>,
  { keys }: Issuer,
  signal: AbortSignal,
): Promise<Readonly<Record<string, DocumentFact | undefined>>> {
  const read = async (key: string) => [key, await documents.get(key, signal)] as const;
  return Object.fromEntries(await Promise.all([read(keys.keySet), read(keys.configuration)]));
}

export async function findAddOnRoles(
  roles: Pick<NodeRoles, 'find'>,
  deployment: string,
  cluster: string,
  signal: AbortSignal,
): Promise<Readonly<Record<AddOnKey, NodeRoleFact | undefined>>> {
  const find = (addOn: AddOnKey) => roles.find(addOnRoleName(deployment, cluster, addOn), signal);
  const found = await Promise.all(
    (Object.keys(addOns) as AddOnKey[]).map(async (addOn) => [addOn, await find(addOn)] as const),
  );
  return Object.fromEntries(found) as Record<AddOnKey, NodeRoleFact | undefined>;
}

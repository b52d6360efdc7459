import type { Owner } from '../clusters/ownership.ts';
import type { ClusterSpec } from '../clusters/spec-schema.ts';
import { decideAddOnRole, decideProvider, wantedAddOnRoles, wantedProvider } from './decide-add-on-roles.ts';
import { decideIssuerDocuments, wantedIssuerDocuments } from './decide-issuer-documents.ts';
import type { IdentityPlace, Issuer } from './names.ts';
import type { IdentityObservation } from './observe-identity.ts';

/** A part of a cluster's identities: whether it is there, and what is to be done to it. */
export interface IdentityPart {
  readonly resource: string;
  readonly present: unknown;
  readonly steps: readonly { readonly reason: string }[];
}

/** What the tasks of this subject would do, for the plan. Pure. Nothing is there of a cluster that is not recorded yet. */
export function decideIdentityParts(
  owner: Owner,
  spec: ClusterSpec,
  issuer: Issuer,
  found: IdentityObservation | undefined,
  deployment: IdentityPlace & { readonly vpcId: string },
): IdentityPart[] {
  return [
    documentsPart(issuer, found),
    {
      resource: 'identity provider',
      present: found?.provider,
      steps: decideProvider(wantedProvider(owner, spec, issuer), found?.provider),
    },
    ...wantedAddOnRoles(owner, spec, issuer, deployment).map((wanted) => {
      const role = found?.roles[wanted.addOn];
      return { resource: 'add-on role', present: role, steps: decideAddOnRole(wanted, role) };
    }),
  ];
}

function documentsPart(issuer: Issuer, found: IdentityObservation | undefined): IdentityPart {
  const resource = 'issuer documents';
  if (found?.publicKeys === undefined) {
    const reason = 'there is no key for service-account tokens yet';
    return { resource, present: undefined, steps: [{ reason }] };
  }
  const present = found.documents[issuer.keys.configuration];
  const wanted = wantedIssuerDocuments(issuer, found.publicKeys);
  return { resource, present, steps: decideIssuerDocuments(wanted, found.documents) };
}

import { issuersBucketName, serviceAccountIssuer } from '../../node/kubernetes/input.ts';
import { namesOf } from '../clusters/names.ts';

/** What the deployment says that a cluster's identities are named by. */
export interface IdentityPlace {
  readonly deployment: string;
  readonly region: string;
  readonly bucket: string;
  /** ARN of the deployment's key: it names partition and account, too. */
  readonly keyArn: string;
}

/** Which cluster, among those that have ever had its name. */
export interface ClusterIdentity {
  readonly cluster: string;
  readonly clusterUid: string;
}

/** The audience of tokens that are to be exchanged for a role's credentials: what the AWS SDKs' clients of it ask for. */
export const tokenAudience = 'sts.amazonaws.com';

interface AddOn {
  /** Ends the role's name. */
  readonly suffix: string;
  /** Service account in kube-system that may take the role, as the add-on's own manifests name it. */
  readonly serviceAccount: string;
}

/** The add-ons that call AWS, each by a role of its own. Their roles' names are in manifests of clusters that run: never changed. */
export const addOns = {
  cloudControllerManager: {
    suffix: 'cloud-controller-manager',
    serviceAccount: 'cloud-controller-manager',
  },
  ebsCsiDriver: { suffix: 'ebs-csi-driver', serviceAccount: 'ebs-csi-controller-sa' },
  cni: { suffix: 'vpc-cni', serviceAccount: 'aws-node' },
} as const satisfies Readonly<Record<string, AddOn>>;
export type AddOnKey = keyof typeof addOns;

/** Partition and account of a deployment, read from the ARN of its key. */
export function accountOf({ keyArn }: { readonly keyArn: string }): {
  readonly partition: string;
  readonly account: string;
} {
  const [, partition = '', , , account = ''] = keyArn.split(':');
  return { partition, account };
}

export function addOnRoleName(deployment: string, cluster: string, addOn: AddOnKey): string {
  return `${namesOf(deployment, cluster).prefix}-${addOns[addOn].suffix}`;
}

/** ARNs of the add-ons' roles, from names alone, so that whoever writes a manifest need not ask. The CNI's role is there where the spec chooses it. */
export function addOnRoleArns(
  place: Pick<IdentityPlace, 'deployment' | 'keyArn'>,
  cluster: string,
): Readonly<Record<AddOnKey, string>> {
  const { partition, account } = accountOf(place);
  const { rolePath } = namesOf(place.deployment, cluster);
  const arn = (addOn: AddOnKey) =>
    `arn:${partition}:iam::${account}:role${rolePath}${addOnRoleName(place.deployment, cluster, addOn)}`;
  return {
    cloudControllerManager: arn('cloudControllerManager'),
    ebsCsiDriver: arn('ebsCsiDriver'),
    cni: arn('cni'),
  };
}

/** A cluster's issuer of service-account tokens, in every form in which it is named. */
export interface Issuer {
  readonly url: string;
  /** Host and path: how IAM names it in ARNs and in conditions. */
  readonly name: string;
  readonly providerArn: string;
  /** Its documents' bucket, and their keys in it. */
  readonly bucket: string;
  readonly keys: { readonly configuration: string; readonly keySet: string };
}

export function issuerOf(place: IdentityPlace, { cluster, clusterUid }: ClusterIdentity): Issuer {
  const { bucket, region } = place;
  const url = serviceAccountIssuer({ bucket, region, cluster, clusterUid });
  const { host, pathname } = new URL(url);
  const { partition, account } = accountOf(place);
  const name = `${host}${pathname}`;
  const folder = pathname.slice(1);
  return {
    url,
    name,
    providerArn: `arn:${partition}:iam::${account}:oidc-provider/${name}`,
    bucket: issuersBucketName(bucket),
    keys: {
      configuration: `${folder}/.well-known/openid-configuration`,
      keySet: `${folder}/openid/v1/jwks`,
    },
  };
}

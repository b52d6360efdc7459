import { addOns, tokenAudience } from '../../identity/names.ts';
import type { EnvironmentVariable, Volume, VolumeMount } from './manifest.ts';

/** Service accounts, all in kube-system, whose pods take a role of their own in AWS: those that the roles' trust policies name. */
export const awsServiceAccounts = {
  cloudControllerManager: addOns.cloudControllerManager.serviceAccount,
  ebsCsiDriver: addOns.ebsCsiDriver.serviceAccount,
  cni: addOns.cni.serviceAccount,
} as const;

/** The kubelet renews a token after four fifths of its life, and SDKs read the file anew. */
const tokenSeconds = 3_600;

const folder = '/var/run/secrets/trivet.dev/aws';

/** What a pod gets to take a role: a token for AWS, and the three variables that every SDK reads. */
export interface AwsIdentity {
  readonly env: readonly EnvironmentVariable[];
  readonly volumes: readonly Volume[];
  readonly volumeMounts: readonly VolumeMount[];
}

/**
 * The role of a pod by its service account's token. Written into the pod and not put there by a webhook, which would be one more thing that
 * has to run before anything else does. Without a role only the region is said.
 */
export function awsIdentity(region: string, roleArn: string | undefined): AwsIdentity {
  const env = [
    { name: 'AWS_REGION', value: region },
    { name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' },
  ];
  if (roleArn === undefined) return { env, volumes: [], volumeMounts: [] };
  const name = 'aws-token';
  const token = { audience: tokenAudience, expirationSeconds: tokenSeconds, path: 'token' };
  return {
    env: [
      ...env,
      { name: 'AWS_ROLE_ARN', value: roleArn },
      { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: `${folder}/token` },
    ],
    volumes: [{ name, projected: { sources: [{ serviceAccountToken: token }] } }],
    volumeMounts: [{ name, mountPath: folder, readOnly: true }],
  };
}

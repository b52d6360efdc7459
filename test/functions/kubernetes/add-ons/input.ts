import type { AddOn, AddOnInput } from '../../../../functions/kubernetes/add-ons/render.ts';

export const addOnInput: AddOnInput = {
  cluster: 'demo',
  region: 'eu-central-1',
  vpcId: 'vpc-0123456789abcdef0',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  endpointHost: 'trivet-demo-0123.elb.eu-central-1.amazonaws.com',
  kubernetesVersion: '1.35.4',
  controlPlanes: 3,
  cni: 'flannel',
  roles: {
    cloudControllerManager: 'arn:aws:iam::123456789012:role/trivet/demo/ccm',
    ebsCsiDriver: 'arn:aws:iam::123456789012:role/trivet/demo/ebs',
    cni: 'arn:aws:iam::123456789012:role/trivet/demo/cni',
  },
  issuer: 'https://trivet-bucket-issuers.s3.eu-central-1.amazonaws.com/demo-0123456789abcdef',
};

export interface Pod {
  readonly serviceAccountName: string;
  readonly priorityClassName: string;
  readonly hostNetwork?: boolean;
  readonly tolerations: readonly Record<string, unknown>[];
  readonly securityContext?: Record<string, unknown>;
  readonly initContainers?: readonly TestContainer[];
  readonly containers: readonly TestContainer[];
  readonly volumes?: readonly { readonly name: string; readonly projected?: unknown }[];
}

interface TestContainer {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly requests: Record<string, string> };
  readonly securityContext: Record<string, unknown>;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** An object as a test looks into it. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: Record<string, unknown> & {
    readonly replicas?: number;
    readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
    readonly selector?: { readonly matchLabels?: object };
  };
  readonly data?: Record<string, string>;
  readonly rules?: readonly unknown[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly name: string }[];
}

export function objectsOf(addOns: readonly AddOn[]): Rendered[] {
  return addOns.flatMap(({ objects }) => objects) as unknown as Rendered[];
}

/** The pod of a workload. Throws where there is no such workload. */
export function podOf(addOns: readonly AddOn[], name: string): Pod {
  const found = objectsOf(addOns).find((one) => one.metadata.name === name && one.spec?.template);
  if (!found?.spec?.template) throw new Error(`no workload ${name} is rendered`);
  return found.spec.template.spec;
}

import type { KubernetesObject } from '../client.ts';

/** The part of Kubernetes' object types that Trivet's own manifests use, so that a misspelt field is a type error here. */

/** An object to be applied. */
export interface Manifest extends KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly mountPropagation?: 'Bidirectional' | 'HostToContainer';
}

interface KeyToPath {
  readonly key: string;
  readonly path: string;
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string; readonly items?: readonly KeyToPath[] };
  readonly emptyDir?: { readonly sizeLimit?: string };
  readonly hostPath?: {
    readonly path: string;
    readonly type?: 'Directory' | 'DirectoryOrCreate' | 'FileOrCreate';
  };
  readonly projected?: {
    readonly sources: readonly {
      readonly serviceAccountToken: {
        readonly audience: string;
        readonly expirationSeconds: number;
        readonly path: string;
      };
    }[];
  };
}

interface Probe {
  readonly httpGet?: {
    readonly path: string;
    readonly port: number | string;
    readonly scheme?: 'HTTP' | 'HTTPS';
    readonly host?: string;
  };
  readonly exec?: { readonly command: readonly string[] };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
}

export interface ContainerSecurity {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seccompProfile?: { readonly type: 'RuntimeDefault' };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  /** The default for a tag that is not `latest`, said all the same: nodes have their images and no way to a registry (ADR 4). */
  readonly imagePullPolicy: 'IfNotPresent';
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvironmentVariable[];
  readonly ports?: readonly {
    readonly name: string;
    readonly containerPort: number;
    readonly protocol: 'TCP' | 'UDP';
  }[];
  readonly resources: {
    readonly requests: { readonly cpu: string; readonly memory: string };
    readonly limits?: { readonly memory: string };
  };
  readonly securityContext: ContainerSecurity;
  readonly volumeMounts?: readonly VolumeMount[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly terminationMessagePolicy?: 'FallbackToLogsOnError';
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: 'Exists';
  readonly value?: string;
  readonly effect?: 'NoSchedule' | 'NoExecute';
  readonly tolerationSeconds?: number;
}

interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
}

export interface PodSpec {
  readonly serviceAccountName: string;
  readonly priorityClassName: 'system-node-critical' | 'system-cluster-critical';
  readonly hostNetwork?: boolean;
  readonly dnsPolicy?: 'Default' | 'ClusterFirst';
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly affinity?: {
    readonly podAntiAffinity: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly {
        readonly labelSelector: LabelSelector;
        readonly topologyKey: string;
      }[];
      readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
        readonly weight: number;
        readonly podAffinityTerm: { readonly labelSelector: LabelSelector; readonly topologyKey: string };
      }[];
    };
  };
  readonly topologySpreadConstraints?: readonly {
    readonly maxSkew: number;
    readonly topologyKey: string;
    readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
    readonly labelSelector: LabelSelector;
  }[];
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly runAsGroup?: number;
    readonly fsGroup?: number;
    readonly seccompProfile?: { readonly type: 'RuntimeDefault' };
  };
  readonly terminationGracePeriodSeconds?: number;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Where all add-ons live. */
export const namespace = 'kube-system';

/** The seccomp profile that the container runtime ships. */
export const runtimeDefault = { type: 'RuntimeDefault' } as const;

/** What a container needs that needs nothing. */
export const unprivileged = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: runtimeDefault,
} as const;

export const onLinux = { 'kubernetes.io/os': 'linux' } as const;

/** For what runs on every node, whatever is the matter with it. */
export const everywhere: readonly Toleration[] = [{ operator: 'Exists' }];

/** For what may run on control-plane nodes too, so that a cluster without workers has it. */
export const alsoOnControlPlane: readonly Toleration[] = [
  { key: 'CriticalAddonsOnly', operator: 'Exists' },
  { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
];

/** Environment of pods on the host's network: the load balancer in place of the service's address, which exists only once kube-proxy runs. */
export function apiServerEnvironment(endpointHost: string): EnvironmentVariable[] {
  return [
    { name: 'KUBERNETES_SERVICE_HOST', value: endpointHost },
    { name: 'KUBERNETES_SERVICE_PORT', value: '6443' },
  ];
}

export const fieldOf = (name: string, fieldPath: string): EnvironmentVariable => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
});

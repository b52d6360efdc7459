import { stringify } from 'yaml';

/** PEM text in the file itself, or a path on the machine that reads it. */
export type Material = { readonly data: string } | { readonly file: string };

export interface KubeconfigInput {
  readonly cluster: string;
  /** `https://host:port`. */
  readonly server: string;
  readonly user: string;
  /** Whose signature the server must show. */
  readonly authority: Material;
  readonly certificate: Material;
  readonly key: Material;
}

/**
 * A kubeconfig with one cluster, one user, one context. Nodes' kubeconfigs name files: they hold no secret then, are pinned like every
 * other file of a node, and a renewed certificate is taken up without a restart (client-go reads the files again).
 */
export function renderKubeconfig(input: KubeconfigInput): string {
  const { cluster, server, user } = input;
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: cluster, cluster: { server, ...material('certificate-authority', input.authority) } },
      ],
      users: [
        {
          name: user,
          user: {
            ...material('client-certificate', input.certificate),
            ...material('client-key', input.key),
          },
        },
      ],
      contexts: [{ name: `${user}@${cluster}`, context: { cluster, user } }],
      'current-context': `${user}@${cluster}`,
      preferences: {},
    },
    { lineWidth: 0 },
  );
}

function material(field: string, given: Material): Record<string, string> {
  return 'file' in given
    ? { [field]: given.file }
    : { [`${field}-data`]: Buffer.from(given.data).toString('base64') };
}

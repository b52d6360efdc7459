import { artifactsScript, containerdService } from './files/artifacts.sh.ts';

/** One thing that a node fetches from `artifacts/<sha256>` of the deployment's bucket. */
export interface NodeArtifact {
  readonly kind: 'package' | 'image';
  readonly sha256: string;
  /** A package's name, which artifacts.sh knows the place of, or an image as pods name it. */
  readonly name: string;
}

const line = /^(package|image) [0-9a-f]{64} [A-Za-z0-9][A-Za-z0-9._:/@-]*$/;

/** /etc/trivet/artifacts: their number, then `kind sha256 name` on each line. Throws RangeError for what artifacts.sh could not read. */
function renderArtifactList(artifacts: readonly NodeArtifact[]): string {
  const lines = artifacts.map(({ kind, sha256, name }) => {
    const text = `${kind} ${sha256} ${name}`;
    if (!line.test(text)) throw new RangeError(`${name} is no artifact that a list can hold`);
    return `${text}\n`;
  });
  return `artifacts ${lines.length}\n${lines.join('')}`;
}

/** The files of a node that fetches artifacts: a control-plane node's and a worker's alike. */
export function renderArtifactFiles(artifacts: readonly NodeArtifact[]): Readonly<Record<string, string>> {
  return {
    '/etc/trivet/artifacts': renderArtifactList(artifacts),
    '/etc/trivet/containerd.service': containerdService,
    '/usr/local/lib/trivet/artifacts.sh': artifactsScript,
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotPlayedError } from './kernel/errors.ts';

/** A file or directory that a stack needs in S3. */
export interface Asset {
  /** Absolute path. */
  readonly path: string;
  readonly packaging: 'zip' | 'file';
  /** Both still with `${AWS::AccountId}` and `${AWS::Region}`. */
  readonly bucket: string;
  readonly key: string;
}

export interface AssemblyStack {
  readonly name: string;
  /** The template as it lies in the assembly, byte for byte. */
  readonly templateBody: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly assets: readonly Asset[];
}

interface Artifact {
  readonly type: string;
  readonly dependencies?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string; readonly packaging?: string };
        readonly destinations: Readonly<
          Record<string, { readonly bucketName: string; readonly objectKey: string }>
        >;
      }
    >
  >;
  readonly dockerImages?: Readonly<Record<string, unknown>>;
}

/** There is no cloud assembly where one was expected; the message says how to make one. */
class AssemblyMissing extends Error {
  override readonly name = 'AssemblyMissing' as const;
}

/** Artifacts of an assembly that are for people and for the CDK CLI. */
const passedOver = ['cdk:tree', 'cdk:feature-flag-report', 'cdk:asset-manifest'];

/**
 * The stacks of a cloud assembly (what `cdk synth` writes), each after those that it depends on. Throws AssemblyMissing, and is loud on
 * kinds of artifacts and assets that the region does not play.
 */
export function readAssembly(directory: string): AssemblyStack[] {
  const artifacts =
    readJson<{ artifacts?: Record<string, Artifact> }>(directory, 'manifest.json').artifacts ?? {};
  for (const [id, { type }] of Object.entries(artifacts)) {
    if (type !== 'aws:cloudformation:stack' && !passedOver.includes(type))
      throw new NotPlayedError(`the artifact ${id} of type ${type}`);
  }
  const ordered: string[] = [];
  const visit = (id: string): void => {
    if (ordered.includes(id)) return;
    for (const dependency of artifacts[id]?.dependencies ?? []) visit(dependency);
    ordered.push(id);
  };
  for (const id of Object.keys(artifacts)) visit(id);
  return ordered
    .filter((id) => artifacts[id]?.type === 'aws:cloudformation:stack')
    .map((id) => readStack(directory, id, artifacts));
}

function readJson<T>(directory: string, file: string): T {
  try {
    return JSON.parse(readFileSync(join(directory, file), 'utf8')) as T;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AssemblyMissing(
      `${directory} is no cloud assembly (${reason}). npm run synth makes one in cdk.out.`,
    );
  }
}

function readStack(
  directory: string,
  id: string,
  artifacts: Readonly<Record<string, Artifact>>,
): AssemblyStack {
  const { properties = {}, dependencies = [] } = artifacts[id] ?? {};
  const manifests = dependencies.filter((dependency) => artifacts[dependency]?.type === 'cdk:asset-manifest');
  return {
    name: (properties.stackName as string | undefined) ?? id,
    templateBody: readFileSync(join(directory, String(properties.templateFile)), 'utf8'),
    tags: (properties.tags as Record<string, string> | undefined) ?? {},
    assets: manifests.flatMap((manifest) =>
      readAssets(directory, String(artifacts[manifest]?.properties?.file)),
    ),
  };
}

function readAssets(directory: string, file: string): Asset[] {
  const { files = {}, dockerImages = {} } = readJson<AssetManifest>(directory, file);
  if (Object.keys(dockerImages).length > 0) throw new NotPlayedError('container image assets');
  return Object.entries(files).flatMap(([id, { source, destinations }]) => {
    const { path, packaging } = source;
    if (path === undefined || (packaging !== 'zip' && packaging !== 'file')) {
      throw new NotPlayedError(`the asset ${id} with packaging ${packaging}`);
    }
    return Object.values(destinations).map(
      ({ bucketName, objectKey }): Asset => ({
        path: join(directory, path),
        packaging,
        bucket: bucketName,
        key: objectKey,
      }),
    );
  });
}

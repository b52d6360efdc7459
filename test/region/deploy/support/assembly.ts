import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './kernel.ts';

export interface StackSource {
  readonly template: object;
  readonly dependencies?: readonly string[];
  /** Bundles by the key that the template's Code names: text of index.mjs. */
  readonly bundles?: Readonly<Record<string, string>>;
}

const bucketName = 'cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}';

/** Where a template finds a bundle. */
export const codeOf = (key: string): object => ({
  S3Bucket: { 'Fn::Sub': bucketName },
  S3Key: `${key}.zip`,
});

/** Writes a cloud assembly as `cdk synth` does; answers its directory. */
export function writeAssembly(stacks: Readonly<Record<string, StackSource>>): string {
  const directory = temporaryDirectory();
  const artifacts: Record<string, object> = {};
  for (const [name, { template, dependencies = [], bundles = {} }] of Object.entries(stacks)) {
    writeFileSync(join(directory, `${name}.template.json`), `${JSON.stringify(template, null, 1)}\n`);
    const files = Object.fromEntries(
      Object.entries(bundles).map(([key, source]) => {
        mkdirSync(join(directory, `asset.${key}`), { recursive: true });
        writeFileSync(join(directory, `asset.${key}`, 'index.mjs'), source);
        const destinations = { current: { bucketName, objectKey: `${key}.zip` } };
        return [key, { source: { path: `asset.${key}`, packaging: 'zip' }, destinations }];
      }),
    );
    writeFileSync(join(directory, `${name}.assets.json`), JSON.stringify({ files, dockerImages: {} }));
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: `${name}.template.json`, tags: {} },
      dependencies: [...dependencies, `${name}.assets`],
    };
    artifacts[`${name}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } };
  }
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ version: '55.0.0', artifacts }));
  return directory;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kernel } from '../../../../region/kernel/kernel.ts';
import {
  createLambda,
  type LambdaOptions,
  type LambdaService,
} from '../../../../region/services/lambda/index.ts';
import { fakeIam, fakeService, temporaryDirectory } from './kernel.ts';

export const roleArn = 'arn:aws:iam::123456789012:role/task';

/** A Lambda service over bundles that are written down in the test, with S3 and IAM as small fakes. */
export interface Bundles {
  readonly lambda: LambdaService;
  /** Makes a function from the text of its index.mjs. */
  create(name: string, source: string, settings?: object): Promise<void>;
  /** Writes a bundle and answers where S3 has it. */
  upload(source: string): { S3Bucket: string; S3Key: string };
}

export function bundles(kernel: Kernel, options: LambdaOptions = {}): Bundles {
  const root = temporaryDirectory();
  let count = 0;
  kernel.register(fakeIam());
  kernel.register(
    fakeService('s3', {}, { assetDirectory: (_bucket: string, key: string) => join(root, key) }),
  );
  const lambda = createLambda(kernel, options);
  kernel.register(lambda);
  const upload = (source: string): { S3Bucket: string; S3Key: string } => {
    count += 1;
    mkdirSync(join(root, String(count)));
    writeFileSync(join(root, String(count), 'index.mjs'), source);
    return { S3Bucket: 'assets', S3Key: String(count) };
  };
  return {
    lambda,
    upload,
    create: async (name, source, settings = {}) => {
      await kernel.invoke('lambda', 'createFunction', {
        FunctionName: name,
        Role: roleArn,
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Code: upload(source),
        ...settings,
      });
    },
  };
}

/** Invokes and reads the answer. */
export async function call(
  kernel: Kernel,
  name: string,
  payload: unknown = {},
  options: object = {},
): Promise<{ status?: number; error?: string; version?: string; log?: string; payload: unknown }> {
  const output = await kernel.invoke<{
    StatusCode?: number;
    FunctionError?: string;
    ExecutedVersion?: string;
    LogResult?: string;
    Payload?: Uint8Array;
  }>('lambda', 'invoke', { FunctionName: name, Payload: Buffer.from(JSON.stringify(payload)), ...options });
  const text = Buffer.from(output.Payload ?? []).toString();
  return {
    ...(output.StatusCode === undefined ? {} : { status: output.StatusCode }),
    ...(output.FunctionError === undefined ? {} : { error: output.FunctionError }),
    ...(output.ExecutedVersion === undefined ? {} : { version: output.ExecutedVersion }),
    ...(output.LogResult === undefined ? {} : { log: Buffer.from(output.LogResult, 'base64').toString() }),
    payload: text === '' ? undefined : JSON.parse(text),
  };
}

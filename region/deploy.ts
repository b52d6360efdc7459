import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type AssemblyStack, type Asset, readAssembly } from './assembly.ts';
import { AwsError } from './kernel/errors.ts';
import type { Kernel } from './kernel/kernel.ts';
import type { CloudformationService } from './services/cloudformation/index.ts';
import type { S3Service } from './services/s3/index.ts';

export interface DeployedStack {
  readonly name: string;
  readonly change: 'created' | 'updated' | 'unchanged';
  readonly resources: number;
  readonly seconds: number;
  readonly outputs: Readonly<Record<string, string>>;
}

/** What is deployed, in the order of deployment. */
export interface Deployment {
  readonly stacks: readonly DeployedStack[];
}

/** A stack was rolled back; the message names the stack, the resource and the cause. */
class DeployFailed extends Error {
  override readonly name = 'DeployFailed' as const;
}

/**
 * Deploys a cloud assembly as the CDK CLI would: assets to the bootstrap bucket, then the stacks in the order of their dependencies, each
 * template byte for byte. Deploying again updates what changed. `parameters` go to the stacks that declare them; one that no stack
 * declares is an error; `defaults` do without. Throws DeployFailed, AssemblyMissing.
 */
export async function deployAssembly(
  kernel: Kernel,
  directory: string,
  parameters: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>> = {},
): Promise<Deployment> {
  const stacks = readAssembly(resolve(directory));
  refuseUndeclared(stacks, parameters);
  const deployed: DeployedStack[] = [];
  for (const stack of stacks) {
    for (const asset of stack.assets) await publish(kernel, asset);
    deployed.push(await deployStack(kernel, stack, { ...defaults, ...parameters }));
  }
  return { stacks: deployed };
}

function declaredParameters({ templateBody }: AssemblyStack): string[] {
  return Object.keys((JSON.parse(templateBody) as { Parameters?: object }).Parameters ?? {});
}

function refuseUndeclared(
  stacks: readonly AssemblyStack[],
  parameters: Readonly<Record<string, string>>,
): void {
  const declared = stacks.flatMap(declaredParameters);
  const undeclared = Object.keys(parameters).filter((name) => !declared.includes(name));
  if (undeclared.length > 0)
    throw new DeployFailed(`No stack declares the parameters ${undeclared.join(', ')}.`);
}

/** A directory stays the directory that it is: what Lambda runs are the very files of the assembly. */
async function publish(kernel: Kernel, asset: Asset): Promise<void> {
  const fill = (text: string): string =>
    text
      .replaceAll('${AWS::AccountId}', kernel.accountId)
      .replaceAll('${AWS::Region}', kernel.region)
      .replaceAll('${AWS::Partition}', 'aws');
  const Bucket = fill(asset.bucket);
  const Key = fill(asset.key);
  await ensureBootstrapBucket(kernel, Bucket);
  if (statSync(asset.path).isDirectory()) {
    (kernel.service('s3') as S3Service).putAsset(Bucket, Key, { directory: asset.path });
  } else {
    await kernel.invoke('s3', 'putObject', { Bucket, Key, Body: readFileSync(asset.path) });
  }
}

/** `cdk bootstrap` has made this bucket in an account; here it comes with the first asset. */
async function ensureBootstrapBucket(kernel: Kernel, Bucket: string): Promise<void> {
  try {
    await kernel.invoke('s3', 'headBucket', { Bucket });
  } catch (error) {
    if (!(error instanceof AwsError) || error.status !== 404) throw error;
    await kernel.invoke('s3', 'createBucket', { Bucket });
  }
}

interface StackDescription {
  readonly StackId: string;
  readonly StackStatus: string;
  readonly StackStatusReason?: string;
  readonly Outputs?: readonly { readonly OutputKey: string; readonly OutputValue: string }[];
}

async function describe(kernel: Kernel, StackName: string): Promise<StackDescription | undefined> {
  try {
    const { Stacks } = await kernel.invoke<{ Stacks: StackDescription[] }>(
      'cloudformation',
      'describeStacks',
      { StackName },
    );
    return Stacks[0];
  } catch (error) {
    if (error instanceof AwsError && error.message.endsWith('does not exist')) return undefined;
    throw error;
  }
}

async function deployStack(
  kernel: Kernel,
  stack: AssemblyStack,
  parameters: Readonly<Record<string, string>>,
): Promise<DeployedStack> {
  const started = performance.now();
  const resources = Object.keys((JSON.parse(stack.templateBody) as { Resources: object }).Resources).length;
  kernel.log(`${stack.name}: deploying ${resources} resources`);
  const change = await submit(kernel, stack, parameters);
  await settled(kernel, stack.name);
  const after = await describe(kernel, stack.name);
  if (!after || !/^(CREATE|UPDATE)_COMPLETE$/.test(after.StackStatus)) {
    throw new DeployFailed(
      `The stack ${stack.name} ended in ${after?.StackStatus}: ${after?.StackStatusReason ?? 'no reason given'}`,
    );
  }
  const seconds = (performance.now() - started) / 1000;
  kernel.log(`${stack.name}: ${change} in ${seconds.toFixed(1)} s`);
  const outputs = Object.fromEntries(
    (after.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
  return { name: stack.name, change, resources, seconds, outputs };
}

function settled(kernel: Kernel, nameOrId: string): Promise<void> {
  return (kernel.service('cloudformation') as CloudformationService).settled(nameOrId);
}

/** Creates or updates; a stack whose first creation failed is removed and made anew, as the CDK CLI does. */
async function submit(
  kernel: Kernel,
  stack: AssemblyStack,
  parameters: Readonly<Record<string, string>>,
): Promise<DeployedStack['change']> {
  const input = {
    StackName: stack.name,
    TemplateBody: stack.templateBody,
    Capabilities: ['CAPABILITY_NAMED_IAM'],
    Parameters: declaredParameters(stack)
      .filter((name) => parameters[name] !== undefined)
      .map((name) => ({ ParameterKey: name, ParameterValue: parameters[name] })),
    Tags: Object.entries(stack.tags).map(([Key, Value]) => ({ Key, Value })),
  };
  let before = await describe(kernel, stack.name);
  if (
    before &&
    /^(ROLLBACK_COMPLETE|ROLLBACK_FAILED|CREATE_FAILED|DELETE_FAILED)$/.test(before.StackStatus)
  ) {
    await kernel.invoke('cloudformation', 'deleteStack', { StackName: stack.name });
    // By its id: once it is gone, nothing has its name.
    await settled(kernel, before.StackId);
    before = undefined;
  }
  if (!before) {
    await kernel.invoke('cloudformation', 'createStack', input);
    return 'created';
  }
  try {
    await kernel.invoke('cloudformation', 'updateStack', input);
    return 'updated';
  } catch (error) {
    if (error instanceof AwsError && error.message === 'No updates are to be performed.') return 'unchanged';
    throw error;
  }
}

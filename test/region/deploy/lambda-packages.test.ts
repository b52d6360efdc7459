import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClock } from '../../../region/kernel/clock.ts';
import { zipDirectory } from '../../../region/services/s3/zip.ts';
import { eventually } from '../../support/eventually.ts';
import { bundles, call } from './support/functions.ts';
import { fakeService, temporaryDirectory, testKernel } from './support/kernel.ts';

test('a published version keeps its code and its settings while $LATEST moves on', async () => {
  const kernel = testKernel();
  const { create, upload, lambda } = bundles(kernel);
  const source = "export const handler = async () => ['one', process.env.STAGE];";
  await create('trivet-pinned', source, { Environment: { Variables: { STAGE: 'a' } } });
  const { Version } = await kernel.invoke<{ Version: string }>('lambda', 'publishVersion', {
    FunctionName: 'trivet-pinned',
  });
  expect(Version).toBe('1');
  await kernel.invoke('lambda', 'updateFunctionCode', {
    FunctionName: 'trivet-pinned',
    ...upload("export const handler = async () => ['two', process.env.STAGE];"),
  });
  await kernel.invoke('lambda', 'updateFunctionConfiguration', {
    FunctionName: 'trivet-pinned',
    Environment: { Variables: { STAGE: 'b' } },
  });
  expect((await call(kernel, 'trivet-pinned')).payload).toEqual(['two', 'b']);
  const arn = 'arn:aws:lambda:us-east-1:123456789012:function:trivet-pinned:1';
  expect(await call(kernel, arn)).toEqual({ status: 200, version: '1', payload: ['one', 'a'] });
  expect((await call(kernel, 'trivet-pinned', {}, { Qualifier: '1' })).payload).toEqual(['one', 'a']);
  expect(lambda.ranHashes()).toContainEqual({
    functionName: 'trivet-pinned',
    version: '1',
    file: 'index.mjs',
    sha256: createHash('sha256').update(source).digest('hex'),
  });
  await expect(call(kernel, 'trivet-pinned:9')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('publishing what was published already answers the same version', async () => {
  const kernel = testKernel();
  await bundles(kernel).create('trivet-same', 'export const handler = async () => 1;');
  const publish = () =>
    kernel.invoke<{ Version: string }>('lambda', 'publishVersion', { FunctionName: 'trivet-same' });
  expect([(await publish()).Version, (await publish()).Version]).toEqual(['1', '1']);
});

test('an alias leads to its version', async () => {
  const kernel = testKernel();
  await bundles(kernel).create(
    'trivet-alias',
    'export const handler = async (_, c) => [c.functionVersion, c.invokedFunctionArn];',
  );
  await kernel.invoke('lambda', 'publishVersion', { FunctionName: 'trivet-alias' });
  await kernel.invoke('lambda', 'createAlias', {
    FunctionName: 'trivet-alias',
    Name: 'live',
    FunctionVersion: '1',
  });
  expect((await call(kernel, 'trivet-alias:live')).payload).toEqual([
    '1',
    'arn:aws:lambda:us-east-1:123456789012:function:trivet-alias:live',
  ]);
});

const vpcConfig = { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] } };
const endpoints = `export const handler = async () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('AWS_ENDPOINT_URL')));`;

/** EC2 with one subnet, whose route table has these routes and gateway endpoints. */
function fakeNetwork(routes: object[], services: string[], groupVpc = 'vpc-1') {
  return fakeService('ec2', {
    describeSubnets: () => ({ Subnets: [{ VpcId: 'vpc-1' }] }),
    describeSecurityGroups: () => ({ SecurityGroups: [{ VpcId: groupVpc }] }),
    describeRouteTables: () => ({ RouteTables: [{ RouteTableId: 'rtb-1', VpcId: 'vpc-1', Routes: routes }] }),
    describeVpcEndpoints: () => ({
      VpcEndpoints: services.map((name) => ({
        ServiceName: `com.amazonaws.us-east-1.${name}`,
        RouteTableIds: ['rtb-1'],
      })),
    }),
  });
}

test.each<[string, object[], string[], object]>([
  [
    'only gateway endpoints reaches S3 and DynamoDB and nothing else',
    [],
    ['s3', 'dynamodb'],
    {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:4566',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:4566',
    },
  ],
  ['no way out reaches nothing', [], [], { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }],
  [
    'a NAT gateway reaches everything',
    [{ DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-1' }],
    [],
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' },
  ],
])('a function in a VPC with %s', async (_, routes, services, expected) => {
  const kernel = testKernel();
  kernel.endpoint = 'http://127.0.0.1:4566';
  kernel.register(fakeNetwork(routes, services));
  await bundles(kernel).create('trivet-vpc', endpoints, vpcConfig);
  expect((await call(kernel, 'trivet-vpc')).payload).toEqual(expected);
});

test('a security group of another VPC is refused', async () => {
  const kernel = testKernel();
  kernel.register(fakeNetwork([], [], 'vpc-2'));
  await expect(bundles(kernel).create('trivet-vpc', endpoints, vpcConfig)).rejects.toThrow(
    'SecurityGroups and Subnets must be of one and the same VPC.',
  );
});

test('a package that is uploaded as a zip archive runs, from the request and from S3', async () => {
  const kernel = testKernel();
  const { create, upload } = bundles(kernel);
  await create('trivet-zip', "export const handler = async () => 'directory';");
  const archive = zipOf("export const handler = async () => 'archive';");
  await kernel.invoke('lambda', 'updateFunctionCode', { FunctionName: 'trivet-zip', ZipFile: archive });
  expect((await call(kernel, 'trivet-zip')).payload).toBe('archive');
  kernel.register(fakeService('s3', { getObject: () => ({ Body: archive }) }));
  await kernel.invoke('lambda', 'updateFunctionCode', { FunctionName: 'trivet-zip', ...upload('') });
  expect((await call(kernel, 'trivet-zip')).payload).toBe('archive');
  await expect(
    kernel.invoke('lambda', 'updateFunctionCode', {
      FunctionName: 'trivet-zip',
      ZipFile: Buffer.from('no zip'),
    }),
  ).rejects.toThrow('Could not unzip uploaded file.');
});

/** The archive that the region's S3 makes of a directory with this one file. */
function zipOf(source: string): Uint8Array {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'index.mjs'), source);
  return zipDirectory(directory);
}

test('a version goes by its number unless an alias leads to it; a function made anew has no memory of the old', async () => {
  const kernel = testKernel();
  const { create } = bundles(kernel);
  const source = 'let n = 0; export const handler = async () => ++n;';
  await create('trivet-gone', source, { Publish: true });
  await kernel.invoke('lambda', 'createAlias', {
    FunctionName: 'trivet-gone',
    Name: 'live',
    FunctionVersion: '1',
  });
  const remove = (qualifier?: string) =>
    kernel.invoke('lambda', 'deleteFunction', {
      FunctionName: 'trivet-gone',
      ...(qualifier ? { Qualifier: qualifier } : {}),
    });
  await expect(remove('1')).rejects.toThrow('The version is the target of the alias live.');
  await expect(remove('$LATEST')).rejects.toThrow('$LATEST version cannot be deleted');
  await remove();
  await expect(call(kernel, 'trivet-gone')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  await create('trivet-gone', source, { Publish: true });
  expect([
    (await call(kernel, 'trivet-gone:1')).payload,
    (await call(kernel, 'trivet-gone:1')).payload,
  ]).toEqual([1, 2]);
});

test('an environment that nobody calls for a minute and a half is ended', async () => {
  const clock = createClock();
  const kernel = testKernel({
    clock: { ...clock, after: (wait, action) => clock.after(wait === 90_000 ? 1 : wait, action) },
  });
  await bundles(kernel).create('trivet-idle', 'let n = 0; export const handler = async () => ++n;');
  expect((await call(kernel, 'trivet-idle')).payload).toBe(1);
  await eventually(async () => {
    await kernel.clock.sleep(20);
    return (await call(kernel, 'trivet-idle')).payload === 1;
  });
});

test('of environments that were called at once, one is kept so long, and the others end after some seconds', async () => {
  const clock = createClock();
  const kernel = testKernel({
    clock: { ...clock, after: (wait, action) => clock.after(wait === 5_000 ? 1 : wait, action) },
  });
  const slow = 'let n = 0; export const handler = () => new Promise((end) => setTimeout(end, 50, ++n));';
  await bundles(kernel).create('trivet-mapped', slow);
  const atOnce = async () =>
    (await Promise.all([call(kernel, 'trivet-mapped'), call(kernel, 'trivet-mapped')])).map(
      ({ payload }) => payload,
    );
  expect(await atOnce()).toEqual([1, 1]);
  await eventually(async () => {
    await kernel.clock.sleep(20);
    const [least, most] = (await atOnce()).map(Number).sort();
    return least === 1 && most !== 1;
  });
});

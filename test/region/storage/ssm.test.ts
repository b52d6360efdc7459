import { beforeEach, describe, expect, test } from 'vitest';
import { createKms } from '../../../region/services/kms/index.ts';
import { createSsm, publicImages } from '../../../region/services/ssm/index.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

let ssm: ReturnType<typeof caller>;

beforeEach(async () => {
  ssm = caller(await regionOf(createKms, createSsm), 'ssm');
});

const put = (Name: string, Value: string, extra: object = {}) =>
  ssm('putParameter', { Name, Value, Type: 'String', ...extra });

describe('parameters', () => {
  test('a parameter is written once, and again only with Overwrite, as a new version', async () => {
    expect(await put('/trivet/x', 'one')).toEqual({ Version: 1, Tier: 'Standard' });
    expect(await refusedWith(put('/trivet/x', 'two'))).toBe('ParameterAlreadyExists');
    expect(await put('/trivet/x', 'two', { Overwrite: true })).toEqual({ Version: 2, Tier: 'Standard' });
    expect(await ssm('getParameter', { Name: '/trivet/x' })).toMatchObject({
      Parameter: {
        Name: '/trivet/x',
        Value: 'two',
        Version: 2,
        ARN: 'arn:aws:ssm:us-east-1:123456789012:parameter/trivet/x',
      },
    });
    expect(await ssm('getParameter', { Name: '/trivet/x:1' })).toMatchObject({ Parameter: { Value: 'one' } });
    expect(await refusedWith(ssm('getParameter', { Name: '/trivet/x:9' }))).toBe('ParameterVersionNotFound');
  });

  test('a missing parameter is not found, and in a list it is named as invalid', async () => {
    expect(await refusedWith(ssm('getParameter', { Name: '/none' }))).toBe('ParameterNotFound');
    expect(await refusedWith(ssm('deleteParameter', { Name: '/none' }))).toBe('ParameterNotFound');
    await put('here', '1');
    expect(await ssm('getParameters', { Names: ['here', '/none'] })).toMatchObject({
      Parameters: [{ Name: 'here' }],
      InvalidParameters: ['/none'],
    });
  });

  test('a path gives its direct children, or all below it, page by page', async () => {
    for (const name of ['/t/a', '/t/b', '/t/b/c', '/other']) await put(name, 'v');
    const flat = await ssm<{ Parameters: { Name: string }[] }>('getParametersByPath', { Path: '/t' });
    expect(flat.Parameters.map((each) => each.Name)).toEqual(['/t/a', '/t/b']);
    const page = await ssm<{ NextToken: string }>('getParametersByPath', {
      Path: '/t/',
      Recursive: true,
      MaxResults: 2,
    });
    expect(
      await ssm('getParametersByPath', { Path: '/t/', Recursive: true, NextToken: page.NextToken }),
    ).toMatchObject({ Parameters: [{ Name: '/t/b/c' }] });
  });

  test('a SecureString is plain only with decryption', async () => {
    await put('/secret', 'hush', { Type: 'SecureString' });
    const closed = await ssm<{ Parameter: { Value: string } }>('getParameter', { Name: '/secret' });
    expect(closed.Parameter.Value).not.toContain('hush');
    expect(await ssm('getParameter', { Name: '/secret', WithDecryption: true })).toMatchObject({
      Parameter: { Value: 'hush', Type: 'SecureString' },
    });
  });

  test('names, sizes and patterns are refused as Parameter Store refuses them', async () => {
    expect(await refusedWith(put('/aws/mine', 'x'))).toBe('AccessDeniedException');
    expect(await refusedWith(put('no/leading', 'x'))).toBe('ValidationException');
    expect(await refusedWith(put('/bad name', 'x'))).toBe('ValidationException');
    expect(await refusedWith(put('/a'.repeat(16), 'x'))).toBe('HierarchyLevelLimitExceededException');
    expect(await refusedWith(put('/large', 'x'.repeat(4097)))).toBe('ValidationException');
    expect(await put('/large', 'x'.repeat(4097), { Tier: 'Advanced' })).toMatchObject({ Tier: 'Advanced' });
    expect(await refusal(put('/p', 'abc', { AllowedPattern: '^\\d+$' }))).toMatchObject({
      code: 'ParameterPatternMismatchException',
    });
    expect(await refusedWith(ssm('putParameter', { Name: '/p', Value: 'x' }))).toBe('ValidationException');
  });
});

describe('what the region brings', () => {
  test('the public Amazon Linux parameters name the images of the table', async () => {
    for (const { parameter, imageId } of publicImages) {
      expect(await ssm('getParameter', { Name: parameter })).toMatchObject({ Parameter: { Value: imageId } });
    }
    expect(publicImages.every((image) => /^ami-[0-9a-f]{17}$/.test(image.imageId))).toBe(true);
  });

  test('the CDK bootstrap version is there', async () => {
    expect(await ssm('getParameter', { Name: '/cdk-bootstrap/hnb659fds/version' })).toMatchObject({
      Parameter: { Value: '30' },
    });
  });
});

import { describe, expect, test } from 'vitest';
import { calling, callingUnless, classify } from '../../../functions/aws/classify.ts';

/** An error as the SDK throws it. */
function awsError(name: string, status = 400, fields: object = {}): Error {
  return Object.assign(new Error('said AWS'), {
    name,
    $fault: 'client',
    $metadata: { httpStatusCode: status },
    ...fields,
  });
}

describe('classify', () => {
  test.each([
    ['RequestLimitExceeded', 503, 'AwsThrottled'],
    ['ThrottlingException', 400, 'AwsThrottled'],
    ['SlowDown', 503, 'AwsThrottled'],
    ['InternalError', 500, 'AwsUnavailable'],
    ['SomethingNew', 502, 'AwsUnavailable'],
    ['UnauthorizedOperation', 403, 'AwsRefused'],
    ['InvalidParameterValue', 400, 'AwsRefused'],
  ])('calls %s with status %i %s', (name, status, expected) => {
    expect(classify(awsError(name, status), 'ec2:CreateVolume')).toMatchObject({
      name: expected,
      message: `ec2:CreateVolume: ${name}: said AWS`,
    });
  });

  test('calls a broken connection AwsUnavailable', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    expect(classify(reset, 's3:PutObject')).toMatchObject({ name: 'AwsUnavailable' });
    const late = Object.assign(new Error('too late'), { name: 'TimeoutError' });
    expect(classify(late, 's3:PutObject')).toMatchObject({ name: 'AwsUnavailable' });
  });

  test('leaves a bug and an abort as they are', () => {
    const bug = new TypeError('x is undefined');
    const abort = Object.assign(new Error('aborted'), { name: 'AbortError' });
    expect(classify(bug, 's3:PutObject')).toBe(bug);
    expect(classify(abort, 's3:PutObject')).toBe(abort);
  });
});

describe('callingUnless', () => {
  test('takes a named code for an answer, by its wire form or the SDK’s name', async () => {
    const absent = ['LoadBalancerNotFound'];
    const wire = awsError('LoadBalancerNotFoundException', 400, { Code: 'LoadBalancerNotFound' });
    await expect(callingUnless('elbv2:Describe', absent, Promise.reject(wire))).resolves.toBeUndefined();
    const named = awsError('LoadBalancerNotFound');
    await expect(callingUnless('elbv2:Describe', absent, Promise.reject(named))).resolves.toBeUndefined();
    const other = callingUnless('elbv2:Describe', absent, Promise.reject(awsError('AccessDenied', 403)));
    await expect(other).rejects.toMatchObject({ name: 'AwsRefused', code: 'AccessDenied' });
  });
});

describe('calling', () => {
  test('gives back what AWS gives', async () => {
    await expect(calling('ec2:Describe', Promise.resolve(7))).resolves.toBe(7);
  });
});

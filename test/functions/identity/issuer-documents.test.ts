import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  decideIssuerDocuments,
  wantedIssuerDocuments,
} from '../../../functions/identity/decide-issuer-documents.ts';
import { addOnRoleArns, issuerOf } from '../../../functions/identity/names.ts';
import { testConfig } from '../../support/fake-task-context.ts';
import { serviceAccountKeys } from '../clusters/provisioned.ts';

const issuer = issuerOf(testConfig, { cluster: 'demo', clusterUid: '0123456789ab' });
const [keySet, configuration] = wantedIssuerDocuments(issuer, serviceAccountKeys);

const pemOf = (type: 'rsa' | 'ec') =>
  (type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  ).publicKey
    .export({ format: 'pem', type: 'spki' })
    .toString();

describe('names', () => {
  test('an issuer is one URL, one ARN and two objects', () => {
    expect(issuer).toEqual({
      url: 'https://trivet-123456789012-us-east-1-issuers.s3.us-east-1.amazonaws.com/demo-0123456789ab',
      name: 'trivet-123456789012-us-east-1-issuers.s3.us-east-1.amazonaws.com/demo-0123456789ab',
      providerArn:
        'arn:aws:iam::123456789012:oidc-provider/trivet-123456789012-us-east-1-issuers.s3.us-east-1.amazonaws.com/demo-0123456789ab',
      bucket: 'trivet-123456789012-us-east-1-issuers',
      keys: {
        configuration: 'demo-0123456789ab/.well-known/openid-configuration',
        keySet: 'demo-0123456789ab/openid/v1/jwks',
      },
    });
  });

  test('add-ons’ roles are known by names alone, with the path of their cluster', () => {
    expect(addOnRoleArns(testConfig, 'demo')).toEqual({
      cloudControllerManager:
        'arn:aws:iam::123456789012:role/trivet/demo/trivet-demo-cloud-controller-manager',
      ebsCsiDriver: 'arn:aws:iam::123456789012:role/trivet/demo/trivet-demo-ebs-csi-driver',
      cni: 'arn:aws:iam::123456789012:role/trivet/demo/trivet-demo-vpc-cni',
    });
    const china = addOnRoleArns(
      { ...testConfig, keyArn: 'arn:aws-cn:kms:cn-north-1:210987654321:key/1' },
      'demo',
    );
    expect(china.ebsCsiDriver).toBe(
      'arn:aws-cn:iam::210987654321:role/trivet/demo/trivet-demo-ebs-csi-driver',
    );
  });

  test('the longest names still are names of roles', () => {
    const { cloudControllerManager } = addOnRoleArns(
      { ...testConfig, deployment: 'tencharact' },
      'x'.repeat(20),
    );
    expect(cloudControllerManager.split('/').at(-1)?.length).toBeLessThanOrEqual(64);
  });
});

describe('documents', () => {
  test('say who issues, and where the keys are', () => {
    expect(JSON.parse(configuration?.text ?? '')).toEqual({
      issuer: issuer.url,
      jwks_uri: `${issuer.url}/openid/v1/jwks`,
      authorization_endpoint: 'urn:kubernetes:programmatic_authorization',
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf'],
    });
  });

  test('name a key as kube-apiserver does: SHA-256 of its DER form, without padding', () => {
    const der = Buffer.from(serviceAccountKeys.replace(/-----[^-]+-----|\n/g, ''), 'base64');
    const { keys } = JSON.parse(keySet?.text ?? '');
    expect(keys).toEqual([
      {
        use: 'sig',
        kty: 'RSA',
        kid: createHash('sha256').update(der).digest('base64url'),
        alg: 'RS256',
        n: expect.stringMatching(/^[\w-]{342}$/),
        e: 'AQAB',
      },
    ]);
    const read = createPublicKey({ key: keys[0], format: 'jwk' }).export({ format: 'pem', type: 'spki' });
    expect(read).toBe(serviceAccountKeys);
  });

  test('hold every key whose tokens may be in use', () => {
    const [both] = wantedIssuerDocuments(issuer, pemOf('rsa') + serviceAccountKeys);
    const { keys } = JSON.parse(both?.text ?? '');
    expect(keys).toHaveLength(2);
    expect(keys[1]).toEqual(JSON.parse(keySet?.text ?? '').keys[0]);
  });

  test.each([
    ['no key', ''],
    ['a private key', serviceAccountKeys.replaceAll('PUBLIC', 'PRIVATE')],
    ['no RSA key', pemOf('ec')],
    ['a broken key', serviceAccountKeys.replace(/\n[\s\S]{20}/, '\n')],
  ])('are not made of %s', (_, pem) => {
    expect(() => wantedIssuerDocuments(issuer, pem)).toThrow(
      expect.objectContaining({ name: 'CertificateInvalid' }),
    );
  });
});

describe('what is done about documents', () => {
  const wanted = [
    { key: 'keys', text: 'k' },
    { key: 'configuration', text: 'c' },
  ];
  test.each([
    ['nothing is there', {}, ['create keys', 'create configuration']],
    ['both are there', { keys: 'k', configuration: 'c' }, []],
    ['one is missing', { keys: 'k' }, ['create configuration']],
    ['one says something else', { keys: 'old', configuration: 'c' }, ['replace keys']],
  ])('where %s', (_, texts: Record<string, string>, steps) => {
    const found = Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, { text, etag: `"${key}"` }]),
    );
    const decided = decideIssuerDocuments(wanted, found);
    expect(decided.map(({ step, document }) => `${step} ${document.key}`)).toEqual(steps);
    for (const { step, etag, reason } of decided) {
      expect(etag !== undefined).toBe(step === 'replace');
      expect(reason).not.toBe('');
    }
  });
});

import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { kubeletCertificateHours } from '../../../../node/kubernetes/flags.ts';
import {
  type ApiObject,
  at,
  conditionOf,
  numberOf,
  objectsOf,
  secondsTime,
  textOf,
  textsOf,
  withAt,
  withCondition,
} from '../json.ts';
import { resourceOf } from '../resources.ts';
import type { Controllers } from './run.ts';

export interface Authority {
  readonly certificate: string;
  readonly key: string;
}

const requests = resourceOf('certificatesigningrequests');
const kubeletSigner = 'kubernetes.io/kube-apiserver-client-kubelet';
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Its object identifier. */
const subjectAlternativeName = '2.5.29.17';
/** As much as kube-controller-manager dates a certificate back. */
const backdateMilliseconds = 5 * 60 * 1000;

type Step = 'none' | 'approve' | 'sign' | { readonly refuse: string };

/**
 * What becomes of a request: signed where somebody has approved it and it is a kubelet's, approved by itself where a kubelet renews its
 * own certificate. Pure but for reading the request.
 */
function decideRequest(request: ApiObject): Step {
  const { spec } = request;
  if (at(spec, 'signerName') !== kubeletSigner || textOf(at(request, 'status', 'certificate')) !== '')
    return 'none';
  const conditions = objectsOf(at(request, 'status', 'conditions')).map(({ type }) => type);
  if (conditions.includes('Denied') || conditions.includes('Failed')) return 'none';
  const problem = problemOf(request);
  if (conditions.includes('Approved')) return problem === undefined ? 'sign' : { refuse: problem };
  const renews =
    problem === undefined &&
    textsOf(at(spec, 'groups')).includes('system:nodes') &&
    textOf(at(spec, 'username')) === subjectOf(request).commonName;
  return renews ? 'approve' : 'none';
}

/** Why a request is not a kubelet's for its client certificate; undefined where it is. */
function problemOf(request: ApiObject): string | undefined {
  try {
    const { commonName, organizations } = subjectOf(request);
    if (!commonName.startsWith('system:node:'))
      return 'subject common name does not begin with "system:node:"';
    if (organizations.length !== 1 || organizations[0] !== 'system:nodes')
      return 'subject organization is not system:nodes';
    const usages = textsOf(at(request, 'spec', 'usages'));
    const allowed = ['digital signature', 'key encipherment', 'client auth'];
    if (
      !usages.includes('client auth') ||
      !usages.includes('digital signature') ||
      usages.some((one) => !allowed.includes(one))
    )
      return 'usages did not match [key encipherment digital signature client auth]';
    if (readRequest(request).getExtension(subjectAlternativeName))
      return 'subject alternative names are not allowed';
    return undefined;
  } catch (error) {
    return `the request cannot be read: ${String(error)}`;
  }
}

const readRequest = (request: ApiObject): x509.Pkcs10CertificateRequest =>
  new x509.Pkcs10CertificateRequest(
    Buffer.from(textOf(at(request, 'spec', 'request')), 'base64').toString('utf8'),
  );

function subjectOf(request: ApiObject): { commonName: string; organizations: readonly string[] } {
  const { subjectName } = readRequest(request);
  return {
    commonName: subjectName.getField('CN')[0] ?? '',
    organizations: subjectName.getField('O'),
  };
}

/** Signs what is asked for, as kube-controller-manager does with `--cluster-signing-kubelet-client-key-file`. Rejects where the signature of the request does not hold. */
async function signRequest(request: ApiObject, authority: Authority, now: Date): Promise<string> {
  const asked = readRequest(request);
  if (!(await asked.verify())) throw new Error('the signature of the request does not hold');
  const issuer = new x509.X509Certificate(authority.certificate);
  const seconds = Math.min(
    kubeletCertificateHours * 3600,
    numberOf(at(request, 'spec', 'expirationSeconds'), Number.POSITIVE_INFINITY),
  );
  const usages = textsOf(at(request, 'spec', 'usages'));
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: asked.subject,
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - backdateMilliseconds),
    notAfter: new Date(now.getTime() + seconds * 1000),
    signingAlgorithm: algorithm,
    publicKey: asked.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        digitalSignature | (usages.includes('key encipherment') ? keyEncipherment : 0),
        true,
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return `${certificate.toString('pem').trimEnd()}\n`;
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
}

/** Looks at every request once: a repeat changes nothing, since a signed one has its certificate. */
export async function signRequests({ authority, now, store }: Controllers): Promise<void> {
  for (const request of (await store.list(requests)).items) {
    const step = decideRequest(request);
    if (step === 'none') continue;
    const certificate = step === 'sign' ? await signRequest(request, authority, now()).catch(String) : '';
    const failed =
      typeof step === 'object' ? step.refuse : certificate.startsWith('-----') ? '' : certificate;
    const condition =
      step === 'approve'
        ? {
            type: 'Approved',
            status: 'True',
            reason: 'AutoApproved',
            message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
          }
        : failed !== ''
          ? { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: failed }
          : undefined;
    await store.change(requests, undefined, request.metadata.name ?? '', (current) => {
      if (current.metadata.resourceVersion !== request.metadata.resourceVersion) return current;
      if (!condition)
        return withAt(current, ['status', 'certificate'], Buffer.from(certificate).toString('base64'));
      if (conditionOf(current, condition.type)) return current;
      const time = secondsTime(now());
      const conditions = withCondition(
        at(current, 'status', 'conditions'),
        { ...condition, lastUpdateTime: time },
        time,
      );
      return withAt(current, ['status', 'conditions'], conditions);
    });
  }
}

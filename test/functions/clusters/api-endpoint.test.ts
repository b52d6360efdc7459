import { expect, test } from 'vitest';
import { endpointNames, localEndpoint } from '../../../functions/clusters/api-endpoint.ts';

const endpoint = 'https://trivet-demo-0123456789abcdef.elb.us-east-1.amazonaws.com:6443';

test('a certificate of the API server names the load balancer by its DNS name and by every address, always in the same order', () => {
  const addresses = [{ address: '10.0.16.7', publicAddress: '192.0.2.1' }, { address: '10.0.0.9' }];
  expect(endpointNames(endpoint, addresses)).toEqual({
    dnsNames: ['trivet-demo-0123456789abcdef.elb.us-east-1.amazonaws.com'],
    addresses: ['10.0.0.9', '10.0.16.7', '192.0.2.1'],
  });
});

test('an endpoint is given by address where that address is the host’s own, and on AWS by name alone', () => {
  const here = [{ address: '127.80.3.7' }, { address: '127.80.16.9' }];
  expect(localEndpoint(endpoint, here)).toBe('https://127.80.3.7:6443');
  expect(localEndpoint(endpoint, [{ address: '10.0.0.9' }])).toBe(undefined);
  expect(localEndpoint(endpoint, [])).toBe(undefined);
});

import { request } from 'node:https';
import type { EtcdCertificates } from './writer.ts';

const membershipMethods =
  /^grpc_server_handled_total\{.*grpc_method="Member(?:Add|Remove|Update|Promote)".*\} ([0-9.e+]+)$/gm;

/**
 * How many membership changes each member has served since it started, by etcd's own counters: proof that a heal made none. A member
 * that does not answer counts as 0, which is right for one that is going to be a fresh process.
 */
export async function countMembershipCalls(
  addresses: readonly string[],
  certificates: EtcdCertificates,
): Promise<Map<string, number>> {
  const counts = await Promise.all(
    addresses.map(async (address) => [address, sumOf(await readMetrics(address, certificates))] as const),
  );
  return new Map(counts);
}

function sumOf(metrics: string): number {
  return [...metrics.matchAll(membershipMethods)].reduce((sum, [, count]) => sum + Number(count), 0);
}

function readMetrics(address: string, certificates: EtcdCertificates): Promise<string> {
  return new Promise((resolve) => {
    const { ca, cert, key } = certificates;
    const asked = request(
      `https://${address}:2379/metrics`,
      { ca, cert, key, timeout: 2_000, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
        response.on('error', () => resolve(''));
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(''));
    asked.end();
  });
}

import type { Principal } from '../../kernel/kernel.ts';

/** An AWS service that calls on behalf of one of its resources: what a resource policy sees as Service and `aws:SourceArn`. */
export function servicePrincipal(host: string, sourceArn: string): Principal {
  return { kind: 'service', arn: host, sessionName: sourceArn };
}

/** The ARN on whose behalf a service principal calls; undefined for roles, users, and the region itself. */
export function sourceArnOf(principal: Principal): string | undefined {
  return principal.kind === 'service' && principal.arn.endsWith('.amazonaws.com')
    ? (principal.sessionName ?? '')
    : undefined;
}

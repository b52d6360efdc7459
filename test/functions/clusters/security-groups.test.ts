import { describe, expect, test } from 'vitest';
import { decideSecurityGroup } from '../../../functions/clusters/decide-security-groups.ts';

const wanted = {
  name: 'trivet-demo-nodes',
  description: 'nodes',
  tags: {},
  rules: [
    { fromPort: 10250, toPort: 10250, source: 'sg-1' },
    { protocol: 'udp', fromPort: 8472, toPort: 8472, source: 'sg-1' },
  ],
};
const found = (...ingress: object[]) => ({
  securityGroupId: 'sg-1',
  name: wanted.name,
  tags: {},
  ingress: ingress as typeof wanted.rules,
});

describe('a security group', () => {
  test('whose rules are there is left alone, whether or not TCP is said', () => {
    const [tcp, udp] = wanted.rules;
    expect(decideSecurityGroup(wanted, found({ ...tcp, protocol: 'tcp' }, { ...udp }))).toEqual([]);
  });

  test('tells UDP from TCP on the same port', () => {
    const [tcp] = wanted.rules;
    const wrong = { fromPort: 8472, toPort: 8472, source: 'sg-1' };
    expect(decideSecurityGroup(wanted, found({ ...tcp }, wrong))).toEqual([
      {
        step: 'allow',
        rules: [{ protocol: 'udp', fromPort: 8472, toPort: 8472, source: 'sg-1' }],
        reason: 'lets in sg-1 on udp 8472',
      },
      { step: 'revoke', rules: [wrong], reason: 'no longer lets in sg-1 on 8472' },
    ]);
  });

  test('closes a rule for everything that somebody opened', () => {
    const open = { protocol: '-1', fromPort: -1, toPort: -1, source: '0.0.0.0/0' };
    expect(decideSecurityGroup(wanted, found(...wanted.rules, open))).toEqual([
      { step: 'revoke', rules: [open], reason: 'no longer lets in 0.0.0.0/0 on everything' },
    ]);
  });
});

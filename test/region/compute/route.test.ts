import { expect, test } from 'vitest';
import { targetGroupAttributes } from '../../../region/services/elbv2/attributes.ts';
import { notCheckedYet, type Target } from '../../../region/services/elbv2/target-group.ts';
import { answeringZones, eligibleTargets } from '../../../region/services/elbv2/traffic/route.ts';

/** Targets by a word each: zone, number, and `+` healthy, `-` unhealthy, `?` not checked yet, `~` draining. */
function targets(words: string): Map<string, Target> {
  const states = { '+': 'healthy', '-': 'unhealthy', '?': 'initial', '~': 'healthy' } as const;
  return new Map(
    words.split(' ').map((word): [string, Target] => {
      const sign = word.at(-1) as keyof typeof states;
      const zone = word.charAt(0) === 'x' ? undefined : `us-east-1${word.charAt(0)}`;
      const draining = sign === '~' ? { cancel: () => {} } : undefined;
      const verdict = { ...notCheckedYet, state: states[sign] };
      return [word, { address: word, port: 6443, zone, draining, verdict }];
    }),
  );
}

function routed(words: string, settings: Readonly<Record<string, string>> = {}, zones = 'abc') {
  const attributes = new Map([...targetGroupAttributes(), ...Object.entries(settings)]);
  const balancer = {
    attributes: new Map([['load_balancing.cross_zone.enabled', 'false']]),
    placements: [...zones].map((letter) => ({ subnetId: letter, zone: `us-east-1${letter}` })),
  };
  const group = { attributes, targets: targets(words) };
  return {
    from: (letter: string) =>
      eligibleTargets(balancer, group, `us-east-1${letter}`)
        .map((target) => target.address)
        .join(' '),
    answering: answeringZones(balancer, [group])
      .map((zone) => zone.at(-1))
      .join(''),
  };
}

const crossZone = { 'load_balancing.cross_zone.enabled': 'true' };
const routing = 'target_group_health.unhealthy_state_routing.minimum_healthy_targets';
const dns = 'target_group_health.dns_failover.minimum_healthy_targets';

test('new connections go to healthy targets of the zone, or of all enabled zones with cross-zone', () => {
  const words = 'a1+ a2- a3? a4~ b1+ d1+ x1+';
  expect(routed(words).from('a')).toBe('a1+ x1+');
  expect(routed(words).from('c')).toBe('x1+');
  expect(routed(words, crossZone).from('c')).toBe('a1+ b1+ x1+');
});

test('with fewer healthy targets than the target group asks for, all registered ones get connections, never draining ones', () => {
  expect(routed('a1- a2? a3~ b1+').from('a')).toBe('a1- a2?');
  expect(routed('a1- a2? a3~ b1+', crossZone).from('a')).toBe('b1+');
  expect(routed('a1+ a2-', { [`${routing}.count`]: '2' }).from('a')).toBe('a1+ a2-');
  expect(routed('a1+ a2- a3-', { [`${routing}.percentage`]: '34' }).from('a')).toBe('a1+ a2- a3-');
  expect(routed('a1+ a2- a3-', { [`${routing}.percentage`]: '33' }).from('a')).toBe('a1+');
  expect(routed('a1~').from('a')).toBe('');
});

test('DNS answers with zones that have healthy targets enough, or with all where none has', () => {
  expect(routed('a1+ b1-').answering).toBe('a');
  expect(routed('a1- b1-').answering).toBe('abc');
  expect(routed('a1+ b1-', crossZone).answering).toBe('abc');
  expect(routed('a1+ a2- b1+', { [`${dns}.percentage`]: '100' }).answering).toBe('b');
  expect(routed('a1- b1-', { [`${dns}.count`]: 'off' }).answering).toBe('ab');
});

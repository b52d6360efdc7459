import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import {
  type Balanced,
  balanced,
  type Client,
  dial,
  startTarget,
  subnets,
  type TestTarget,
} from './balanced.ts';

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function balance(options?: Parameters<typeof balanced>[0]): Promise<Balanced> {
  const made = await balanced(options);
  cleanUps.push(() => made.region.stop());
  return made;
}

async function target(
  name: string,
  address: string,
  serve?: Parameters<typeof startTarget>[2],
): Promise<TestTarget> {
  const made = await startTarget(name, address, serve);
  cleanUps.push(() => made.die().catch(() => {}));
  return made;
}

async function client(address: string): Promise<Client> {
  const made = await dial(address);
  cleanUps.push(async () => void made.socket.destroy());
  return made;
}

/** The targets that `count` new connections were sent to, each once. */
async function reached(address: string, count = 10): Promise<string[]> {
  const names = new Set<string>();
  for (let step = 0; step < count; step += 1) {
    const { socket, target: name } = await dial(address);
    socket.destroy();
    names.add(name);
  }
  return [...names].sort();
}

const targetA = (serve?: Parameters<typeof startTarget>[2]) => target('a', `${subnets.a}.10`, serve);
const targetB = (serve?: Parameters<typeof startTarget>[2]) => target('b', `${subnets.b}.10`, serve);

/** A load balancer across zones with one healthy target in each. */
async function twoTargets(): Promise<{ balancer: Balanced; a: TestTarget; b: TestTarget; at: string }> {
  const balancer = await balance();
  const [a, b] = [await targetA(), await targetB()];
  await balancer.balancerAttribute('load_balancing.cross_zone.enabled', 'true');
  await balancer.register(a, b);
  await balancer.healthy(a, b);
  return { balancer, a, b, at: (await balancer.addresses()).a };
}

/** One client on each target. */
async function clientOfEach(at: string): Promise<{ a: Client; b: Client }> {
  const two = [await client(at), await client(at)];
  const of = (name: string): Client => {
    const found = two.find((one) => one.target === name);
    if (!found) throw new Error(`two connections went to ${two.map((one) => one.target).join(' and ')}`);
    return found;
  };
  return { a: of('a'), b: of('b') };
}

test('clients at each address reach all healthy targets in turn, and targets see the load balancer as their client', async () => {
  const { balancer, a, b } = await twoTargets();
  const { a: atA, b: atB } = await balancer.addresses();
  expect([atA.startsWith(`${subnets.a}.`), atB.startsWith(`${subnets.b}.`)]).toEqual([true, true]);
  expect(await reached(atA)).toEqual(['a', 'b']);
  expect(await reached(atB)).toEqual(['a', 'b']);
  await clientOfEach(atB);
  expect([...a.sockets, ...b.sockets].map((socket) => socket.remoteAddress)).toContain(atB);
});

test('a client that has said all still gets the answer: each direction ends by itself', async () => {
  const balancer = await balance();
  const a = await targetA((socket) => {
    socket.write('a\n');
    let length = 0;
    socket.on('data', (chunk) => {
      length += chunk.length;
    });
    socket.once('end', () => socket.end(`got ${length}`));
  });
  await balancer.register(a);
  await balancer.healthy(a);
  const { socket, over } = await client((await balancer.addresses()).a);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.end('x'.repeat(300_000));
  expect(await over).toBe('end');
  expect(answer).toBe('got 300000');
  await eventually(() => a.sockets.size === 0);
});

test('a target that dies gets no new connections once two checks have failed, and its clients are cut', async () => {
  const { balancer, a, b, at } = await twoTargets();
  const clients = await clientOfEach(at);
  await a.die();
  expect(await clients.a.over).toBe('reset');
  await balancer.healthy(b);
  expect(await reached(at)).toEqual(['b']);
  expect(await clients.b.ask('still here')).toBe('still here');
  const again = await targetA();
  await balancer.healthy(again, b);
  expect(await reached(at)).toEqual(['a', 'b']);
});

test('a target that a TCP check no longer reaches is unhealthy too', async () => {
  const balancer = await balance({ healthCheck: { HealthCheckProtocol: 'TCP' } });
  const [a, b] = [await targetA(), await targetB()];
  await balancer.balancerAttribute('load_balancing.cross_zone.enabled', 'true');
  await balancer.register(a, b);
  await balancer.healthy(a, b);
  await b.die();
  await balancer.healthy(a);
  expect(await reached((await balancer.addresses()).b)).toEqual(['a']);
});

test('connections to a target that turns unhealthy are cut, though it still runs; others go on', async () => {
  const { balancer, a, b, at } = await twoTargets();
  const clients = await clientOfEach(at);
  a.readyz = 500;
  expect(await clients.a.over).toBe('reset');
  await balancer.healthy(b);
  expect(await clients.b.ask('still here')).toBe('still here');
  await eventually(() => a.sockets.size === 0);
});

test('connections to a target that turns unhealthy stay where the target group does not terminate them', async () => {
  const { balancer, a, b, at } = await twoTargets();
  await balancer.groupAttribute('target_health_state.unhealthy.connection_termination.enabled', 'false');
  const clients = await clientOfEach(at);
  a.readyz = 500;
  await balancer.healthy(b);
  expect(await reached(at)).toEqual(['b']);
  expect(await clients.a.ask('still here')).toBe('still here');
});

test('where no target is healthy, all get new connections', async () => {
  const { balancer, a, b, at } = await twoTargets();
  a.readyz = 500;
  b.readyz = 500;
  await balancer.healthy();
  expect(await reached(at)).toEqual(['a', 'b']);
  b.readyz = 200;
  await balancer.healthy(b);
  expect(await reached(at)).toEqual(['b']);
});

test('without cross-zone each zone keeps to its targets, fails open by itself, and leaves the DNS answer', async () => {
  const balancer = await balance();
  const [a, b] = [await targetA(), await targetB()];
  await balancer.register(a, b);
  await balancer.healthy(a, b);
  const at = await balancer.addresses();
  expect([await reached(at.a), await reached(at.b)]).toEqual([['a'], ['b']]);
  expect(balancer.resolve()).toEqual([at.a, at.b]);
  a.readyz = 500;
  await balancer.healthy(b);
  expect([await reached(at.a), await reached(at.b)]).toEqual([['a'], ['b']]);
  expect(balancer.resolve()).toEqual([at.b]);
  await balancer.groupAttribute('load_balancing.cross_zone.enabled', 'true');
  expect(await reached(at.a)).toEqual(['b']);
  expect(balancer.resolve()).toEqual([at.a, at.b]);
});

test('a target that refuses is not replaced by another: the client is cut, as by a load balancer that has not noticed yet', async () => {
  const balancer = await balance();
  const [a, b] = [await targetA(), await targetB()];
  await balancer.balancerAttribute('load_balancing.cross_zone.enabled', 'true');
  await balancer.register(a);
  await balancer.healthy(a);
  await a.die();
  const at = await balancer.addresses();
  await expect(dial(at.a)).rejects.toThrow(`${at.a}:6443 gave reset instead of a line`);
  await balancer.register(b);
  await balancer.healthy(b);
  expect(await reached(at.a)).toEqual(['b']);
});

test('a load balancer without targets cuts its clients', async () => {
  const balancer = await balance();
  const { a } = await balancer.addresses();
  await expect(dial(a)).rejects.toThrow(`${a}:6443 gave reset instead of a line`);
});

test('a deregistered target keeps its connections while it drains, and after it where nothing terminates them', async () => {
  const { balancer, a, b, at } = await twoTargets();
  await balancer.groupAttribute('deregistration_delay.timeout_seconds', '10');
  const clients = await clientOfEach(at);
  const TargetGroupArn = balancer.groupArn;
  await balancer.call('deregisterTargets', { TargetGroupArn, Targets: [{ Id: a.address }] });
  expect(await reached(at)).toEqual(['b']);
  await eventually(async () => {
    const found = await balancer.call<{ TargetHealthDescriptions: unknown[] }>('describeTargetHealth', {
      TargetGroupArn,
    });
    return found.TargetHealthDescriptions.length === 1;
  });
  expect(await clients.a.ask('still here')).toBe('still here');
  await balancer.groupAttribute('deregistration_delay.connection_termination.enabled', 'true');
  await balancer.call('deregisterTargets', { TargetGroupArn, Targets: [{ Id: b.address }] });
  expect(await clients.b.over).toBe('reset');
  expect(await clients.a.ask('still here')).toBe('still here');
});

test('a target that is registered again while it drains keeps its connections and gets new ones', async () => {
  const { balancer, a, b, at } = await twoTargets();
  await balancer.groupAttribute('deregistration_delay.connection_termination.enabled', 'true');
  await balancer.groupAttribute('deregistration_delay.timeout_seconds', '3600');
  const clients = await clientOfEach(at);
  const Targets = [{ Id: a.address }];
  await balancer.call('deregisterTargets', { TargetGroupArn: balancer.groupArn, Targets });
  await balancer.healthy(b);
  await balancer.register(a);
  await balancer.healthy(a, b);
  expect(await reached(at)).toEqual(['a', 'b']);
  expect(await clients.a.ask('still here')).toBe('still here');
});

test('a target in a zone without the load balancer is unused and gets nothing', async () => {
  const { balancer, a, b, at } = await twoTargets();
  await balancer.call('setSubnets', {
    LoadBalancerArn: balancer.balancerArn,
    Subnets: [balancer.subnetIds.a],
  });
  await balancer.healthy(a);
  const found = await balancer.call<object>('describeTargetHealth', {
    TargetGroupArn: balancer.groupArn,
    Targets: [{ Id: b.address }],
  });
  expect(found).toMatchObject({
    TargetHealthDescriptions: [
      {
        TargetHealth: {
          State: 'unused',
          Reason: 'Target.NotInUse',
          Description: 'Target is in an Availability Zone that is not enabled for the load balancer',
        },
      },
    ],
  });
  expect(await reached(at)).toEqual(['a']);
});

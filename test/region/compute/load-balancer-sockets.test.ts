import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { CreateTargetGroupOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, expect, test } from 'vitest';
import { notCheckedYet } from '../../../region/services/elbv2/target-group.ts';
import { openFront } from '../../../region/services/elbv2/traffic/front.ts';
import { eventually } from '../../support/eventually.ts';
import { apiPort, type Balanced, balanced, dial, listening, startTarget, subnets } from './balanced.ts';

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A load balancer in front of one healthy target in zone a. */
async function oneTarget(serve?: (socket: Socket) => void): Promise<Balanced & { at: string }> {
  const balancer = await balanced();
  cleanUps.push(() => balancer.region.stop());
  const target = await startTarget('a', `${subnets.a}.10`, serve);
  cleanUps.push(() => target.die());
  await balancer.register(target);
  await balancer.healthy(target);
  return { ...balancer, at: (await balancer.addresses()).a };
}

/** How connecting ends: `accepted`, or the code of the error. */
function knock(host: string, port = apiPort): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve('accepted');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
}

/** Sockets of this process that are open. */
const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length;

const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

test('500 clients at a time send and receive 50 MB, and nothing of it is lost or left', {
  timeout: 60_000,
}, async () => {
  const { at } = await oneTarget((socket) => socket.pipe(socket));
  const before = openSockets();
  const clients = await Promise.all(
    Array.from({ length: 500 }, async () => {
      const socket = connect({ host: at, port: apiPort, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    }),
  );
  const exchange = async (socket: Socket): Promise<boolean> => {
    const sent = randomBytes(100_000);
    socket.end(sent);
    const received: Buffer[] = [];
    for await (const chunk of socket) received.push(chunk);
    return digest(Buffer.concat(received)) === digest(sent);
  };
  const outcomes = await Promise.all(clients.map(exchange));
  expect(outcomes.filter((whole) => whole).length).toBe(500);
  // A health check may be under way.
  await eventually(() => openSockets() <= before);
});

test('a client that does not read holds its target back, and gets all 50 MB once it does', async () => {
  const chunk = randomBytes(1_000_000);
  const chunks = 50;
  let sent = 0;
  const { at } = await oneTarget(async (socket) => {
    for (; sent < chunks; sent += 1) if (!socket.write(chunk)) await once(socket, 'drain');
    socket.end();
  });
  const socket = connect({ host: at, port: apiPort, allowHalfOpen: true });
  socket.pause();
  let [last, unchanged] = [0, 0];
  await eventually(
    () => {
      unchanged = sent === last ? unchanged + 1 : 0;
      last = sent;
      return sent > 0 && unchanged === 10;
    },
    { intervalMs: 50 },
  );
  // What the host's own socket buffers take, on three connections' ends; not the whole.
  expect(sent).toBeLessThan(30);
  const hash = createHash('sha256');
  let length = 0;
  for await (const part of socket) {
    hash.update(part);
    length += (part as Buffer).length;
  }
  const whole = createHash('sha256');
  for (let step = 0; step < chunks; step += 1) whole.update(chunk);
  expect([length, hash.digest('hex')]).toEqual([50_000_000, whole.digest('hex')]);
  socket.destroy();
});

test('deleting a load balancer cuts its clients and leaves nothing listening at its addresses', async () => {
  const balancer = await oneTarget();
  await balancer.balancerAttribute('load_balancing.cross_zone.enabled', 'true');
  const { a, b } = await balancer.addresses();
  const client = await dial(a);
  expect((await dial(b)).target).toBe('a');
  await balancer.call('deleteLoadBalancer', { LoadBalancerArn: balancer.balancerArn });
  expect(await client.over).toBe('reset');
  expect([await knock(a), await knock(b)]).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
  expect(balancer.resolve()).toEqual([]);
  await eventually(async () => {
    const { a: first, b: second } = await balancer.addresses();
    return first === '' && second === '';
  });
});

test('deleting a listener closes its port alone', async () => {
  const balancer = await oneTarget();
  const DefaultActions = [{ Type: 'forward', TargetGroupArn: balancer.groupArn }];
  const LoadBalancerArn = balancer.balancerArn;
  await balancer.call('createListener', { LoadBalancerArn, Protocol: 'TCP', Port: 7443, DefaultActions });
  expect((await dial(balancer.at, 7443)).target).toBe('a');
  const client = await dial(balancer.at);
  await balancer.call('deleteListener', { ListenerArn: balancer.listenerArn });
  expect(await client.over).toBe('reset');
  expect([await knock(balancer.at), await knock(balancer.at, 7443)]).toEqual(['ECONNREFUSED', 'accepted']);
});

test('a listener may get another port, and another target group for its new connections', async () => {
  const balancer = await oneTarget();
  const { listenerArn: ListenerArn } = balancer;
  await balancer.call('modifyListener', { ListenerArn, Port: 7443 });
  expect(await knock(balancer.at)).toBe('ECONNREFUSED');
  const client = await dial(balancer.at, 7443);
  const made = await balancer.call<CreateTargetGroupOutput>('createTargetGroup', {
    Name: 'trivet-demo-empty',
    Protocol: 'TCP',
    Port: apiPort,
    VpcId: balancer.vpcId,
    TargetType: 'ip',
  });
  const DefaultActions = [{ Type: 'forward', TargetGroupArn: made.TargetGroups?.[0]?.TargetGroupArn }];
  await balancer.call('modifyListener', { ListenerArn, DefaultActions });
  await expect(dial(balancer.at, 7443)).rejects.toThrow('gave reset instead of a line');
  expect(await client.ask('still here')).toBe('still here');
});

test('stopping the region cuts clients and checks and leaves no socket open', async () => {
  await eventually(() => openSockets() === 0, { what: 'the end of the other tests’ sockets' });
  const balancer = await balanced();
  // Takes checks and clients and says nothing to either.
  const silent = createServer((socket) => socket.on('error', () => {}).resume());
  const port = await listening(silent, `${subnets.a}.10`, 0);
  cleanUps.push(() => new Promise((resolve) => silent.close(() => resolve())));
  const { groupArn: TargetGroupArn } = balancer;
  const input = { TargetGroupArn, HealthCheckPort: String(port) };
  await balancer.call('modifyTargetGroup', input);
  await balancer.call('registerTargets', {
    TargetGroupArn,
    Targets: [{ Id: `${subnets.a}.10`, Port: port }],
  });
  const { a } = await balancer.addresses();
  const socket = connect({ host: a, port: apiPort });
  const cut = once(socket, 'error');
  await eventually(() => new Promise((resolve) => silent.getConnections((_, count) => resolve(count >= 2))));
  await balancer.region.stop();
  expect(((await cut)[0] as NodeJS.ErrnoException).code).toBe('ECONNRESET');
  expect(await knock(a)).toBe('ECONNREFUSED');
  // The silent server itself.
  await eventually(() => openSockets() === 1);
});

test('clients beyond the limit of a socket are dropped and the log says so', async () => {
  const target = await startTarget('a', `${subnets.a}.10`);
  cleanUps.push(() => target.die());
  const lines: string[] = [];
  const chosen = {
    ...target,
    port: apiPort,
    zone: 'us-east-1a',
    draining: undefined,
    verdict: notCheckedYet,
  };
  const [address, log] = [`${subnets.a}.20`, (line: string) => void lines.push(line)];
  const front = await openFront({ address, port: apiPort, choose: () => chosen, log, clientLimit: 2 });
  cleanUps.push(() => front.close());
  const [one, other] = [await dial(address), await dial(address)];
  await expect(dial(address)).rejects.toThrow('instead of a line');
  expect(lines).toEqual([`elbv2: ${address}:6443 has 2 clients, its limit here, and drops more`]);
  one.socket.destroy();
  await eventually(() => dial(address));
  expect(await other.ask('still here')).toBe('still here');
});

test('a load balancer keeps its addresses when its security groups change', async () => {
  const balancer = await oneTarget();
  const { region, vpcId, subnetIds, groupArn, call } = balancer;
  const group = async (GroupName: string): Promise<string> => {
    const wanted = { VpcId: vpcId, GroupName, Description: GroupName };
    return (await region.call<{ GroupId?: string }>('ec2', 'createSecurityGroup', wanted)).GroupId ?? '';
  };
  const [one, other] = [await group('one'), await group('other')];
  await call('deleteListener', { ListenerArn: balancer.listenerArn });
  const made = await call<{ LoadBalancers: { LoadBalancerArn: string }[] }>('createLoadBalancer', {
    Name: 'trivet-other',
    Type: 'network',
    Subnets: [subnetIds.a],
    SecurityGroups: [one],
  });
  const LoadBalancerArn = made.LoadBalancers[0]?.LoadBalancerArn ?? '';
  const DefaultActions = [{ Type: 'forward', TargetGroupArn: groupArn }];
  await call('createListener', { LoadBalancerArn, Protocol: 'TCP', Port: apiPort, DefaultActions });
  const interfaces = async (groupId: string): Promise<(string | undefined)[]> => {
    const Filters = [{ Name: 'group-id', Values: [groupId] }];
    const found = await region.call<{ NetworkInterfaces?: { PrivateIpAddress?: string }[] }>(
      'ec2',
      'describeNetworkInterfaces',
      { Filters },
    );
    return (found.NetworkInterfaces ?? []).map((each) => each.PrivateIpAddress);
  };
  const [at = ''] = await interfaces(one);
  await eventually(async () => (await knock(at)) === 'accepted');
  const client = await dial(at);
  await call('setSecurityGroups', { LoadBalancerArn, SecurityGroups: [other] });
  expect([await interfaces(one), await interfaces(other)]).toEqual([[], [at]]);
  expect(await client.ask('still here')).toBe('still here');
});

test('a load balancer whose port is taken has failed and says why, and is active once the port is free', async () => {
  const balancer = await oneTarget();
  const { at } = balancer;
  const holder = createServer();
  await listening(holder, at, 7443);
  const DefaultActions = [{ Type: 'forward', TargetGroupArn: balancer.groupArn }];
  const LoadBalancerArn = balancer.balancerArn;
  await balancer.call('createListener', { LoadBalancerArn, Protocol: 'TCP', Port: 7443, DefaultActions });
  const Reason = `it cannot listen at ${at}:7443: another process holds that port; does another region run with the same VpcCidr?`;
  expect(await balancer.state()).toEqual({ Code: 'failed', Reason });
  const loud = `elbv2: LOAD BALANCER trivet-demo FAILED: ${Reason}`;
  expect(balancer.log).toContain(loud);
  expect((await dial(at)).target).toBe('a');
  await new Promise((resolve) => holder.close(resolve));
  await eventually(async () => (await balancer.state()).Code === 'active');
  expect((await dial(at, 7443)).target).toBe('a');
  expect(balancer.log.filter((line) => line === loud).length).toBe(1);
});

test('a load balancer in a network that is not on loopback has failed and says what is needed', async () => {
  const balancer = await balanced({ cidr: { vpc: '10.0.0.0/16', a: '10.0.0.0/24', b: '10.0.1.0/24' } });
  cleanUps.push(() => balancer.region.stop());
  const { Code, Reason } = await balancer.state();
  expect(Code).toBe('failed');
  expect(Reason).toMatch(
    /^it cannot listen at 10\.0\.\d\.\d+:6443: it is no loopback address: the embedded region needs a VpcCidr such as 127\.80\.0\.0\/16$/,
  );
});

test('attributes that the data path does not honour are refused, as are values that ELB refuses', async () => {
  const balancer = await oneTarget();
  const set = (Key: string, Value: string) => balancer.groupAttribute(Key, Value);
  await expect(set('preserve_client_ip.enabled', 'true')).rejects.toThrow(
    'The embedded region does not play preserve_client_ip.enabled = true.',
  );
  await expect(set('load_balancing.cross_zone.enabled', 'yes')).rejects.toThrow(
    "Target group attribute 'load_balancing.cross_zone.enabled' must be 'true', 'false' or 'use_load_balancer_configuration', and is 'yes'",
  );
  await expect(balancer.balancerAttribute('load_balancing.cross_zone.enabled', 'maybe')).rejects.toThrow(
    "Load balancer attribute 'load_balancing.cross_zone.enabled' must be 'true' or 'false', and is 'maybe'",
  );
  await set('load_balancing.cross_zone.enabled', 'true');
  await set('load_balancing.cross_zone.enabled', 'use_load_balancer_configuration');
});

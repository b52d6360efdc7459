import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type {
  CreateListenerOutput,
  CreateLoadBalancerOutput,
  CreateTargetGroupOutput,
  DescribeLoadBalancersOutput,
  DescribeTargetHealthOutput,
  LoadBalancerState,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { issueAuthority, makeKey } from '../../../functions/pki/issue.ts';
import type { createElbv2 } from '../../../region/services/elbv2/index.ts';
import { eventually } from '../../support/eventually.ts';
import { type ComputeRegion, computeRegion, makeInterface } from './region.ts';

/** Two /24 subnets of 127.95.0.0/16 that no other test process uses at the same time. */
const first = 2 * (process.pid % 120);
export const subnets = { a: `127.95.${first}`, b: `127.95.${first + 1}` };
export const apiPort = 6443;
const healthPort = 8443;

/** A server that says its name to each client and then gives back what it gets; /readyz by HTTPS at another port. */
export interface TestTarget {
  readonly name: string;
  readonly address: string;
  readonly sockets: Set<Socket>;
  /** What /readyz answers. */
  readyz: number;
  /** As a process that is killed: its sockets are closed and nothing listens any more. */
  die(): Promise<void>;
}

const key = await makeKey();
const certificate = await issueAuthority('a target', key, new Date());

export async function startTarget(
  name: string,
  address: string,
  serve: (socket: Socket) => void = (socket) => {
    socket.write(`${name}\n`);
    socket.pipe(socket);
  },
): Promise<TestTarget> {
  const sockets = new Set<Socket>();
  const traffic = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    serve(socket);
  });
  const health = createHttpsServer({ key, cert: certificate }, (_, response) =>
    response.writeHead(target.readyz).end(),
  );
  await listening(traffic, address, apiPort);
  await listening(health, address, healthPort);
  const target: TestTarget = {
    name,
    address,
    sockets,
    readyz: 200,
    die: async () => {
      const closed = [traffic, health].map((server) => new Promise((resolve) => server.close(resolve)));
      for (const socket of sockets) socket.resetAndDestroy();
      health.closeAllConnections();
      await Promise.all(closed);
    },
  };
  return target;
}

export async function listening(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024 }, () => resolve());
  });
  return (server.address() as AddressInfo).port;
}

export interface Client {
  readonly socket: Socket;
  /** Name of the target that it was sent to. */
  readonly target: string;
  /** `end` when the other side ended, `reset` when the connection was cut. */
  readonly over: Promise<'end' | 'reset'>;
  /** Sends a line and resolves with what comes back. */
  ask(line: string): Promise<string>;
}

/** Connects and waits for the target's name; rejects when there is none. */
export async function dial(address: string, port = apiPort): Promise<Client> {
  const socket = connect({ host: address, port, allowHalfOpen: true });
  const over = new Promise<'end' | 'reset'>((resolve) => {
    socket.once('end', () => resolve('end'));
    socket.on('error', () => resolve('reset'));
  });
  const line = (): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      const read = (chunk: Buffer): void => {
        text += chunk.toString();
        if (!text.endsWith('\n')) return;
        socket.off('data', read);
        resolve(text.trimEnd());
      };
      socket.on('data', read);
      void over.then((how) => reject(new Error(`${address}:${port} gave ${how} instead of a line`)));
    });
  const target = await line();
  return {
    socket,
    target,
    over,
    ask: (text) => {
      const answer = line();
      socket.write(`${text}\n`);
      return answer;
    },
  };
}

/** A region with a load balancer in two zones, whose target group checks /readyz. */
export interface Balanced {
  readonly region: ComputeRegion;
  readonly log: string[];
  readonly balancerArn: string;
  readonly groupArn: string;
  readonly listenerArn: string;
  readonly dnsName: string;
  readonly subnetIds: { readonly a: string; readonly b: string };
  readonly vpcId: string;
  call<O>(operation: string, input: object): Promise<O>;
  register(...targets: readonly TestTarget[]): Promise<void>;
  /** Waits until exactly these targets are healthy, of those that are registered. */
  healthy(...targets: readonly TestTarget[]): Promise<void>;
  groupAttribute(Key: string, Value: string): Promise<void>;
  balancerAttribute(Key: string, Value: string): Promise<void>;
  /** Addresses of the load balancer's interfaces. */
  addresses(): Promise<{ readonly a: string; readonly b: string }>;
  /** What the VPC's DNS answers. */
  resolve(): readonly string[];
  state(): Promise<LoadBalancerState>;
}

export interface BalancedOptions {
  readonly healthCheck?: object;
  readonly cidr?: { readonly vpc: string; readonly a: string; readonly b: string };
}

/** Addresses of targets are claimed first, as slots' are, so that the load balancer gets others. */
export async function balanced(options: BalancedOptions = {}): Promise<Balanced> {
  const { cidr = { vpc: '127.95.0.0/16', a: `${subnets.a}.0/24`, b: `${subnets.b}.0/24` } } = options;
  const region = await computeRegion({ targetHealthInterval: 60 });
  const log: string[] = [];
  region.kernel.log = (line) => void log.push(line);
  const vpc = await region.call<{ Vpc?: { VpcId?: string } }>('ec2', 'createVpc', { CidrBlock: cidr.vpc });
  const vpcId = vpc.Vpc?.VpcId ?? '';
  const subnet = async (letter: 'a' | 'b'): Promise<string> => {
    const input = { VpcId: vpcId, CidrBlock: cidr[letter], AvailabilityZone: `us-east-1${letter}` };
    const made = await region.call<{ Subnet?: { SubnetId?: string } }>('ec2', 'createSubnet', input);
    const id = made.Subnet?.SubnetId ?? '';
    const network = cidr[letter].slice(0, cidr[letter].lastIndexOf('.'));
    for (const last of [10, 11]) await makeInterface(region, id, `${network}.${last}`);
    return id;
  };
  const subnetIds = { a: await subnet('a'), b: await subnet('b') };
  const call = <O>(operation: string, input: object): Promise<O> => region.call<O>('elbv2', operation, input);
  const made = await call<CreateLoadBalancerOutput>('createLoadBalancer', {
    Name: 'trivet-demo',
    Type: 'network',
    Scheme: 'internal',
    Subnets: [subnetIds.a, subnetIds.b],
  });
  const { LoadBalancerArn: balancerArn = '', DNSName: dnsName = '' } = made.LoadBalancers?.[0] ?? {};
  const group = await call<CreateTargetGroupOutput>('createTargetGroup', {
    Name: 'trivet-demo-api',
    Protocol: 'TCP',
    Port: apiPort,
    VpcId: vpcId,
    TargetType: 'ip',
    HealthCheckIntervalSeconds: 10,
    HealthCheckTimeoutSeconds: 5,
    HealthyThresholdCount: 2,
    UnhealthyThresholdCount: 2,
    ...(options.healthCheck ?? {
      HealthCheckProtocol: 'HTTPS',
      HealthCheckPort: String(healthPort),
      HealthCheckPath: '/readyz',
      Matcher: { HttpCode: '200' },
    }),
  });
  const groupArn = group.TargetGroups?.[0]?.TargetGroupArn ?? '';
  const state: Balanced['state'] = async () => {
    const input = { LoadBalancerArns: [balancerArn] };
    const found = await call<DescribeLoadBalancersOutput>('describeLoadBalancers', input);
    return found.LoadBalancers?.[0]?.State ?? {};
  };
  await eventually(async () => (await state()).Code === 'active');
  const listener = await call<CreateListenerOutput>('createListener', {
    LoadBalancerArn: balancerArn,
    Protocol: 'TCP',
    Port: apiPort,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: groupArn }],
  });
  const ids = { balancerArn, groupArn, dnsName, listenerArn: listener.Listeners?.[0]?.ListenerArn ?? '' };
  return { region, log, vpcId, subnetIds, ...ids, call, state, ...handles(region, ids, call) };
}

type Handles = 'register' | 'healthy' | 'groupAttribute' | 'balancerAttribute' | 'addresses' | 'resolve';

function handles(
  region: ComputeRegion,
  ids: Pick<Balanced, 'balancerArn' | 'groupArn' | 'dnsName'>,
  call: Balanced['call'],
): Pick<Balanced, Handles> {
  const TargetGroupArn = ids.groupArn;
  return {
    register: async (...targets) => {
      const Targets = targets.map(({ address }) => ({ Id: address }));
      await call('registerTargets', { TargetGroupArn, Targets });
    },
    healthy: async (...targets) => {
      const wanted = targets.map(({ address }) => address).sort();
      await eventually(async () => {
        const found = await call<DescribeTargetHealthOutput>('describeTargetHealth', { TargetGroupArn });
        const all = found.TargetHealthDescriptions ?? [];
        const settled = all.every(({ TargetHealth }) => TargetHealth?.State !== 'initial');
        const healthy = all.filter(({ TargetHealth }) => TargetHealth?.State === 'healthy');
        return (
          settled &&
          healthy
            .map(({ Target }) => Target?.Id)
            .sort()
            .join() === wanted.join()
        );
      });
    },
    groupAttribute: async (Key, Value) => {
      await call('modifyTargetGroupAttributes', { TargetGroupArn, Attributes: [{ Key, Value }] });
    },
    balancerAttribute: async (Key, Value) => {
      const input = { LoadBalancerArn: ids.balancerArn, Attributes: [{ Key, Value }] };
      await call('modifyLoadBalancerAttributes', input);
    },
    addresses: async () => {
      const name = ids.balancerArn.slice(ids.balancerArn.indexOf('net/'));
      const Filters = [{ Name: 'description', Values: [`ELB ${name}`] }];
      const found = await region.call<{
        NetworkInterfaces?: { AvailabilityZone?: string; PrivateIpAddress?: string }[];
      }>('ec2', 'describeNetworkInterfaces', { Filters });
      const at = (zone: string): string =>
        found.NetworkInterfaces?.find((one) => one.AvailabilityZone === zone)?.PrivateIpAddress ?? '';
      return { a: at('us-east-1a'), b: at('us-east-1b') };
    },
    resolve: () => (region.kernel.service('elbv2') as ReturnType<typeof createElbv2>).resolve(ids.dnsName),
  };
}

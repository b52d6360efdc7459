import type { KubernetesBinaries } from './binaries.ts';
import { createDefects, type Defects } from './defects.ts';
import { type Deployment, deployAssembly } from './deploy.ts';
import { createKernel } from './kernel/create-kernel.ts';
import type { DelayProfile, Delays } from './kernel/delays.ts';
import type { Kernel, Service } from './kernel/kernel.ts';
import { lockState } from './lock.ts';
import { createMachines, findEtcd } from './machines/index.ts';
import { createServer } from './server.ts';
import { serviceCreators } from './services/index.ts';

export type { DeployedStack, Deployment } from './deploy.ts';

export interface RegionOptions {
  /** Where the region keeps volumes, machines and bundles. One region at a time. */
  readonly stateDir: string;
  /** TCP port on 127.0.0.1; 0 (the default) takes any free one. */
  readonly port?: number;
  readonly delays?: DelayProfile | Partial<Delays>;
  /** Same seed, same ids and jitter. */
  readonly seed?: number;
  /** CIDR that `deploy` gives the network stack. Default 127.80.0.0/16: slot addresses are bound for real (design §3). */
  readonly vpcCidr?: string;
  readonly log?: (line: string) => void;
  /** The etcd that instances run; found by itself (machines/find-etcd.ts) when absent. `none`: no instance of this region needs one. */
  readonly etcdPath?: string | 'none';
  /** The Kubernetes that control-plane instances run beside etcd (binaries.ts finds one); without it they run etcd alone and say so. */
  readonly kubernetes?: KubernetesBinaries;
}

export interface Region {
  readonly kernel: Kernel;
  /** URL of the HTTP endpoint, for AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  /** Deploys a cloud assembly (cdk.out). Throws DeployFailed. */
  deploy(assemblyDir: string, parameters?: Readonly<Record<string, string>>): Promise<Deployment>;
  /** Settings with which an SDK client of the test or CLI speaks to this region, as its administrator. */
  clientConfig(): ClientConfig;
  /** Ends machines, environments and sockets. Safe to call twice. Throws what failed, now or while the region ran (defects.ts). */
  stop(): Promise<void>;
}

export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Starts an embedded region: kills what a dead one left in the same state directory, then listens. Throws RegionRunningError where a
 * living one has that directory, PortTakenError, and EtcdMissing where there is no etcd to run.
 */
export async function startRegion(options: RegionOptions): Promise<Region> {
  const lock = lockState(options.stateDir);
  const { vpcCidr = '127.80.0.0/16' } = options;
  const defects = createDefects(options.log ?? (() => {}));
  const kernel = createKernel({ ...options, onDefect: defects.report });
  const etcdPath = options.etcdPath === 'none' ? '' : (options.etcdPath ?? findEtcd().path);
  const machines = createMachines(kernel, {
    etcdPath,
    ...(options.kubernetes && { kubernetes: options.kubernetes }),
  });
  kernel.machines = machines;
  await machines.leftovers;
  lock.clear();
  for (const create of serviceCreators) kernel.register(create(kernel));
  const server = createServer(kernel);
  const endpoint = await server.listen(options.port ?? 0);
  for (const service of kernel.services()) await service.start?.();
  let stopping: Promise<void> | undefined;
  return {
    kernel,
    endpoint,
    deploy: (assemblyDir, parameters) =>
      deployAssembly(kernel, assemblyDir, parameters ?? {}, { VpcCidr: vpcCidr }),
    clientConfig: () => ({
      endpoint,
      region: kernel.region,
      credentials: { accessKeyId: 'administrator', secretAccessKey: 'administrator' },
    }),
    stop: () => {
      stopping ??= stopAll(kernel, defects, () => server.close()).finally(lock.release);
      return stopping;
    },
  };
}

/**
 * What acts by itself stops first (services in reverse order of their registration: schedules and events, then functions and workflows,
 * then groups that would launch again), then the endpoint, then machines, then the clock. One failure does not keep the rest running.
 * Throws what failed now, and the region's defects.
 */
async function stopAll(kernel: Kernel, defects: Defects, closeServer: () => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  const attempt = async (step: (() => Promise<void>) | undefined): Promise<void> => {
    await step?.().catch((error: unknown) => failures.push(error));
  };
  for (const service of [...kernel.services()].reverse())
    await attempt(service.stop && (() => (service as Required<Service>).stop()));
  await attempt(closeServer);
  await attempt(() => kernel.machines.stop());
  kernel.clock.stop();
  failures.push(...defects.all);
  if (failures.length > 0)
    throw new AggregateError(failures, `the region did not stop cleanly: ${failures.map(String).join('; ')}`);
}

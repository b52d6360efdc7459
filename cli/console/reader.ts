import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EC2 } from '@aws-sdk/client-ec2';
import { SFN } from '@aws-sdk/client-sfn';
import { SSM } from '@aws-sdk/client-ssm';
import { clientSettings } from '../../functions/aws/client-settings.ts';
import { makeRegistry } from '../../functions/aws/registry.ts';
import type { EtcdHealth } from '../../functions/etcd/contracts.ts';
import type { KubernetesHealth } from '../../functions/kubernetes/contracts.ts';
import { findLocalEndpoint } from '../commands/status.ts';
import { clusterOfExecution } from '../executions.ts';
import { invokeTask, type Target } from '../target.ts';
import { readRegion } from './breaks.ts';
import type { AlarmView, SourceView } from './contracts.ts';
import { createLatest } from './latest.ts';
import { partOf } from './parts.ts';
import { type ClusterSources, readCluster } from './read-cluster.ts';
import { collapse, createDecisionSource, recordedDecisions } from './read-decisions.ts';
import { createExecutionSource } from './read-executions.ts';
import type { ExecutionReading, Readings, Unread } from './readings.ts';
import { readApprovals } from './runbooks.ts';

/** Looks at a deployment. */
export interface Reader {
  /** One look at everything that a page on this cluster shows; without a name, on the first there is. Throws when nobody answers. */
  read(cluster: string | undefined, signal: AbortSignal): Promise<Readings>;
}

/** So many decisions are shown. */
const decisionsMax = 100;

/** A look at a deployment through the same ports that `trivet status` uses, in AWS or in an embedded region. */
export function createReader(target: Target, now: () => Date = () => new Date()): Reader {
  const settings = clientSettings(target.config);
  const logs = new CloudWatchLogs(settings);
  const cloudwatch = new CloudWatch(settings);
  const states = new SFN(settings);
  const ssm = new SSM(settings);
  const sources: ClusterSources = {
    target,
    registry: makeRegistry(target.config),
    ec2: new EC2(settings),
    autoscaling: new AutoScaling(settings),
    etcd: createLatest((cluster) =>
      invokeTask<{ health: EtcdHealth }>(target, 'verify-etcd', { cluster }).then(({ health }) => health),
    ),
    kubernetes: createLatest((cluster) =>
      invokeTask<{ health: KubernetesHealth }>(target, 'verify-kubernetes', { cluster }).then(
        ({ health }) => health,
      ),
    ),
    findLocalEndpoint: (record) => findLocalEndpoint(target, record),
  };
  let executions = createExecutionSource(states, target.deployment);
  let decisions = createDecisionSource(logs, target.deployment);

  const look = async (wanted: string | undefined, signal: AbortSignal): Promise<Readings> => {
    const unread: Unread[] = [];
    const part = partOf(unread, signal);
    const [registered, region, listed, alarms, waiting] = await Promise.all([
      sources.registry.listClusters(signal),
      readRegion(target.endpoint, signal),
      part('executions', executions.list(), []),
      part('alarms', readAlarms(cloudwatch, target.deployment), []),
      part('approvals', readApprovals(target, ssm), []),
    ]);
    const clusters = withProvisioned(registered, listed);
    const name = wanted !== undefined && clusters.includes(wanted) ? wanted : clusters[0];
    const approvals = waiting.filter(({ cluster }) => cluster === name);
    const source = sourceOf(target, region !== undefined);
    const base = { at: now(), source, clusters, alarms, approvals, unread };
    if (name === undefined) return { ...base, executions: [], decisions: [] };
    const own = await executions.select(listed, name, clusters);
    const provisioning = own.find(({ workflow }) => workflow === 'provision-cluster');
    const planned = registered.includes(name) || !provisioning ? undefined : executions.specOf(provisioning);
    const [found, decided] = await Promise.all([
      readCluster(sources, { name, planned: await planned, zonesCut: region?.zonesCut ?? [], signal }),
      part('decisions', decisions.read(name, signal), []),
    ]);
    unread.push(...found.unread);
    return {
      ...base,
      cluster: found.cluster,
      executions: own,
      decisions: latestOf([...decided, ...recordedDecisions(found.cluster)]),
    };
  };

  return {
    async read(wanted, signal) {
      try {
        return await look(wanted, signal);
      } catch (error) {
        // Who does not answer may be another region when it does: what was remembered of this one is worth nothing then.
        executions = createExecutionSource(states, target.deployment);
        decisions = createDecisionSource(logs, target.deployment);
        throw error;
      }
    },
  };
}

/** A cluster that is being provisioned for the first time is in nobody's records yet. */
function withProvisioned(registered: readonly string[], executions: readonly ExecutionReading[]): string[] {
  const running = executions.filter(
    ({ status, workflow }) => status === 'RUNNING' && workflow === 'provision-cluster',
  );
  const names = running.flatMap((execution) => clusterOfExecution(execution, registered) ?? []);
  return [...new Set([...registered, ...names])].sort();
}

function sourceOf(target: Target, embedded: boolean): SourceView {
  const { accountId, callerArn, deployment, endpoint, region } = target;
  return { ...(endpoint !== undefined && { endpoint }), region, accountId, deployment, callerArn, embedded };
}

async function readAlarms(cloudwatch: CloudWatch, deployment: string): Promise<AlarmView[]> {
  const { MetricAlarms = [] } = await cloudwatch.describeAlarms({
    AlarmNamePrefix: `${deployment}-`,
    StateValue: 'ALARM',
  });
  return MetricAlarms.map(({ AlarmName = '', StateReason = '', StateUpdatedTimestamp }) => ({
    name: AlarmName,
    ...(StateUpdatedTimestamp && { since: StateUpdatedTimestamp.toISOString() }),
    reason: StateReason,
  }));
}

function latestOf(decisions: Parameters<typeof collapse>[0]) {
  return collapse(decisions).slice(0, decisionsMax);
}

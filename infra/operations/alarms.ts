import { CfnCondition, CfnParameter, Duration, Fn, Token } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  CfnAlarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';

interface Watched {
  /** Also the name of its page in docs/runbooks/. */
  readonly name: string;
  readonly says: string;
  readonly metric: IMetric;
  /** What is bad; one or more of what the metric counts, unless told otherwise. */
  readonly bad?: Pick<AlarmProps, 'threshold' | 'comparisonOperator' | 'treatMissingData'>;
  /** So many of `of` minutes must be bad; any one, unless told otherwise. */
  readonly minutes?: { readonly bad: number; readonly of: number };
}

export interface AlarmsProps {
  readonly deployment: string;
  /** Functions that run each minute, by name. */
  readonly ticking: Readonly<Record<string, IFunction>>;
  readonly workflows: ReadonlyMap<string, IStateMachine>;
  readonly undelivered: IQueue;
}

const minute = Duration.minutes(1);

const anyAtAll = {
  threshold: 1,
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};

/** Everything that calls a person. Each alarm names the page that says what to do. */
export class Alarms extends Construct {
  readonly alarms: Alarm[] = [];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    acknowledge(
      this,
      'CloudFormation-Validate::W1030',
      'Where the topic is empty its condition leaves it out',
    );
    const actions = this.actions();
    for (const watched of [
      slotHeld(props.deployment),
      slotUnattended(props.deployment),
      kubernetesUnhealthy(props.deployment),
      controlPlaneNodeHung(props.deployment),
      workerAbandoned(props.deployment),
      drainExpired(props.deployment),
      workerStorm(props.deployment),
      podsUnplaceable(props.deployment),
      ...Object.entries(props.ticking).map(([name, it]) => tickFailing(name, it)),
      undelivered(props.undelivered),
      ...Array.from(props.workflows, ([name, it]) => workflowFailed(name, it)),
    ]) {
      const alarm = new Alarm(this, watched.name, {
        alarmName: `${props.deployment}-${watched.name}`,
        alarmDescription: `${watched.says}. What to do: docs/runbooks/${watched.name}.md`,
        metric: watched.metric,
        ...(watched.bad ?? anyAtAll),
        evaluationPeriods: watched.minutes?.of ?? 1,
        datapointsToAlarm: watched.minutes?.bad ?? 1,
      });
      this.alarms.push(alarm);
      const level1 = alarm.node.defaultChild;
      if (level1 instanceof CfnAlarm) level1.alarmActions = actions;
    }
  }

  /** A topic that the deployer may name; without one the alarms show in the console alone. */
  private actions(): string[] {
    const topic = new CfnParameter(this, 'AlarmTopicArn', {
      type: 'String',
      default: '',
      description: 'SNS topic that alarms are sent to; empty: none',
      allowedPattern: '^(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+)?$',
    });
    topic.overrideLogicalId('AlarmTopicArn');
    const named = new CfnCondition(this, 'AlarmTopicNamed', {
      expression: Fn.conditionNot(Fn.conditionEquals(topic.valueAsString, '')),
    });
    named.overrideLogicalId('AlarmTopicNamed');
    return Token.asList(Fn.conditionIf(named.logicalId, [topic.valueAsString], { Ref: 'AWS::NoValue' }));
  }
}

/** A metric that a task counts (functions/runtime/task.ts gives it these dimensions). */
function counted(metricName: string, task: string, deployment: string): Metric {
  return new Metric({
    namespace: 'Trivet',
    metricName,
    dimensionsMap: { service: task, deployment },
    statistic: Stats.SUM,
    period: minute,
  });
}

function slotHeld(deployment: string): Watched {
  return {
    name: 'slot-held',
    says: 'Trivet holds a slot of a control plane, since going on could lose data or quorum',
    metric: counted('SlotHeld', 'hold-slot', deployment),
  };
}

function slotUnattended(deployment: string): Watched {
  return {
    name: 'slot-unattended',
    says: 'The sweep found a slot that no workflow mends, or no instance type with capacity for it',
    metric: counted('SlotUnattended', 'sweep', deployment),
  };
}

/** A node that is replaced, or an API server that restarts, is back within five minutes. */
function kubernetesUnhealthy(deployment: string): Watched {
  return {
    name: 'kubernetes-unhealthy',
    says: 'For five minutes, an API server or a node of a control plane has not been ready',
    metric: counted('KubernetesUnhealthy', 'watch-kubernetes', deployment),
    minutes: { bad: 5, of: 5 },
  };
}

function controlPlaneNodeHung(deployment: string): Watched {
  return {
    name: 'control-plane-node-hung',
    says: 'A control-plane node ran and did not do its work, and Trivet has its instance replaced',
    metric: counted('HungNodeReplaced', 'sweep', deployment),
  };
}

function workerAbandoned(deployment: string): Watched {
  return {
    name: 'worker-abandoned',
    says: 'A worker did not become a ready node in time and was given up',
    metric: counted('WorkerAbandoned', 'abandon-worker', deployment),
  };
}

function drainExpired(deployment: string): Watched {
  return {
    name: 'drain-expired',
    says: 'A worker went with pods or volumes on it, since its drain did not end before its deadline',
    metric: counted('DrainExpired', 'finish-drain', deployment),
  };
}

/** A plan may be behind what was just changed: only what lasts calls a person. */
function podsUnplaceable(deployment: string): Watched {
  return {
    name: 'pods-unplaceable',
    says: 'For a quarter of an hour, pods have waited for which no pool can bring a worker',
    metric: counted('PodsUnplaceable', 'sweep', deployment),
    minutes: { bad: 15, of: 15 },
  };
}

function workerStorm(deployment: string): Watched {
  return {
    name: 'worker-storm',
    says: 'More workers of a pool are unhealthy than may be, and Trivet replaces none of them',
    metric: counted('WorkerStorm', 'sweep', deployment),
  };
}

/**
 * Minutes without a run that succeeded are bad, silent ones as well: but only from the first run on. Were missing data breaching,
 * CloudWatch would raise the alarm as soon as it is deployed, since it knows of no time before the alarm. So the filler REPEAT makes
 * silence count only after a run, and what has no value (nothing ran yet, or not for long) leaves the alarm as it is.
 * A filled alarm always finds the newest minute bad until its data arrives, a run may slip into the next minute, and one that fails is
 * made good by the next: three bad minutes of six are no reason to call.
 */
function tickFailing(name: string, it: IFunction): Watched {
  const options = { period: minute, statistic: Stats.SUM };
  return {
    name: `${name}-failing`,
    says: `${name} fails or does not run`,
    metric: new MathExpression({
      expression: 'FILL(runs, 0) - FILL(errors, 0) + 0 * FILL(runs, REPEAT)',
      usingMetrics: { runs: it.metricInvocations(options), errors: it.metricErrors(options) },
      period: minute,
      label: 'Runs that succeeded',
    }),
    bad: {
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.IGNORE,
    },
    minutes: { bad: 4, of: 6 },
  };
}

function undelivered(queue: IQueue): Watched {
  return {
    name: 'undelivered',
    says: 'An event or a tick did not reach its function',
    metric: queue.metricApproximateNumberOfMessagesVisible({ period: minute, statistic: Stats.MAXIMUM }),
  };
}

/** Each of the two metrics has data only in minutes in which it counted something, and a sum only where both have. */
function workflowFailed(name: string, it: IStateMachine): Watched {
  const options = { period: minute, statistic: Stats.SUM };
  return {
    name: `${name}-failed`,
    says: `An execution of ${name} failed or ran out of time`,
    metric: new MathExpression({
      expression: 'FILL(failed, 0) + FILL(timedOut, 0)',
      usingMetrics: { failed: it.metricFailed(options), timedOut: it.metricTimedOut(options) },
      period: minute,
      label: 'Executions that failed or ran out of time',
    }),
  };
}

import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type Runbook, type RunbookParameter, runbooks } from '../../functions/runbooks/definitions.ts';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { arn, pascalCase } from '../names.ts';

/** As long as `run-runbook` itself may last. */
const longestSeconds = 172_800;
/** Within a day somebody approves, or it is asked for again. */
const approvalSeconds = 86_400;

interface Props {
  readonly deployment: string;
  /** The workflow behind every runbook (ADR 22). */
  readonly runRunbook: IStateMachine;
}

/** An SSM Automation document for each runbook, with a role that may run the workflow behind it and nothing else. */
export class Runbooks extends Construct {
  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id);
    for (const runbook of runbooks) this.add(runbook, props);
  }

  private add(runbook: Runbook, { deployment, runRunbook }: Props): void {
    const role = this.role(runbook, deployment, runRunbook);
    const document = new CfnDocument(this, pascalCase(runbook.name), {
      name: `${deployment}-${runbook.name}`,
      documentType: 'Automation',
      documentFormat: 'JSON',
      updateMethod: 'NewVersion',
      content: contentOf(runbook, {
        deployment,
        roleArn: role.roleArn,
        runRunbookArn: runRunbook.stateMachineArn,
      }),
    });
    // Its policy as well: an automation may be started as soon as the document is there.
    document.node.addDependency(role);
  }

  private role({ name, title }: Runbook, deployment: string, runRunbook: IStateMachine): Role {
    const role = new Role(this, `${pascalCase(name)}Role`, {
      assumedBy: new ServicePrincipal('ssm.amazonaws.com'),
      description: `Role of the runbook ${deployment}-${name}: ${title}`,
    });
    const executions = [arn('states', `execution:${deployment}-run-runbook:*`)];
    role.addToPolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [runRunbook.stateMachineArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: executions,
      }),
    );
    acknowledgeWildcards(role, executions, 'Executions of one workflow, whose names nobody knows beforehand');
    return role;
  }
}

interface Around {
  readonly deployment: string;
  readonly roleArn: string;
  readonly runRunbookArn: string;
}

/** The document, schema 0.3 (reference aws-etcd-kubeadm-facts §5). */
function contentOf(runbook: Runbook, { deployment, roleArn, runRunbookArn }: Around) {
  const { approval, description, name, parameters, title, whenStopped } = runbook;
  const approvers = {
    type: 'StringList',
    description: 'Who may approve: names or ARNs of IAM users and roles, ten at most. One of them must.',
    maxItems: 10,
  };
  return {
    schemaVersion: '0.3',
    description: `## ${title}\n${description}\n\n**Stopped half-way:** ${whenStopped}\n\nMore: docs/runbooks/${name}.md`,
    assumeRole: roleArn,
    parameters: {
      ...Object.fromEntries(parameters.map((parameter) => [parameter.name, declare(parameter)])),
      ...(approval && { Approvers: approvers }),
    },
    mainSteps: [
      ...(approval ? [approveStep(runbook)] : []),
      {
        name: 'Run',
        action: 'aws:executeStateMachine',
        description: `Checks what was asked, does it, and follows it to its end (${deployment}-run-runbook).`,
        timeoutSeconds: longestSeconds,
        isEnd: true,
        inputs: {
          stateMachineArn: runRunbookArn,
          name: 'runbook-{{ automation:EXECUTION_ID }}',
          input: inputOf(runbook),
        },
      },
    ],
    outputs: ['Run.executionArn', 'Run.output'],
  };
}

function declare({ allowedPattern, allowedValues, default: fallback, description }: RunbookParameter) {
  return {
    type: 'String',
    description: `(${fallback === undefined ? 'Required' : 'Optional'}) ${description}`,
    ...(fallback !== undefined && { default: fallback }),
    ...(allowedPattern !== undefined && { allowedPattern }),
    ...(allowedValues && { allowedValues }),
  };
}

function approveStep({ parameters, title }: Runbook) {
  const asked = parameters.map(({ name }) => `${name}: {{ ${name} }}`).join(', ');
  return {
    name: 'Approve',
    action: 'aws:approve',
    description: 'Waits for somebody who is named.',
    timeoutSeconds: approvalSeconds,
    onFailure: 'Abort',
    inputs: {
      Message: `${title}? ${asked}`,
      MinRequiredApprovals: 1,
      Approvers: '{{ Approvers }}',
    },
  };
}

/** JSON with references in it: what a pattern lets through may stand within quotes. */
function inputOf({ name, parameters }: Runbook): string {
  const given = parameters.map((parameter) => `"${parameter.name}":"{{ ${parameter.name} }}"`);
  return `{"runbook":"${name}","automation":"{{ automation:EXECUTION_ID }}","parameters":{${given.join(',')}}}`;
}

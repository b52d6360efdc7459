/**
 * A runbook as an operator meets one: the name typed again, an approval, a workflow with its result and its link, and a way to say that
 * there was nothing to do. `Content` of an AWS::SSM::Document in a template that has the state machine `Retire` and the role `Role`.
 */
export const sampleContent = {
  schemaVersion: '0.3',
  description: '## Retire a cluster\nDeletes everything that the cluster owns, after an approval.',
  assumeRole: { 'Fn::GetAtt': ['Role', 'Arn'] },
  parameters: {
    ClusterName: {
      type: 'String',
      description: '(Required) The cluster to retire.',
      allowedPattern: '^[a-z][a-z0-9-]{1,38}$',
    },
    ClusterNameAgain: { type: 'String', description: '(Required) The same name, typed again.' },
    Volumes: {
      type: 'String',
      description: '(Optional) What becomes of the volumes.',
      allowedValues: ['keep', 'delete'],
      default: 'keep',
    },
    Approvers: { type: 'StringList', description: '(Required) Who may approve.' },
  },
  mainSteps: [
    {
      name: 'findCluster',
      action: 'aws:executeAwsApi',
      description: 'Reads what the registry says of the cluster.',
      inputs: {
        Service: 'dynamodb',
        Api: 'GetItem',
        TableName: 'trivet-registry',
        Key: { cluster: { S: '{{ ClusterName }}' } },
      },
      outputs: [{ Name: 'phase', Selector: '$.Item.phase.S', Type: 'String' }],
    },
    {
      name: 'chooseByPhase',
      action: 'aws:branch',
      inputs: {
        Choices: [
          { NextStep: 'confirmName', Variable: '{{ findCluster.phase }}', StringEquals: 'ready' },
          { NextStep: 'nothingToDo', Variable: '{{ findCluster.phase }}', StringEquals: 'retired' },
        ],
        Default: 'confirmName',
      },
    },
    {
      name: 'confirmName',
      action: 'aws:assertAwsResourceProperty',
      description: 'Fails unless the registry has a cluster of the name that was typed again.',
      inputs: {
        Service: 'dynamodb',
        Api: 'GetItem',
        TableName: 'trivet-registry',
        Key: { cluster: { S: '{{ ClusterName }}' } },
        PropertySelector: '$.Item.cluster.S',
        DesiredValues: ['{{ ClusterNameAgain }}'],
      },
    },
    {
      name: 'approve',
      action: 'aws:approve',
      timeoutSeconds: 3600,
      inputs: {
        Message: 'Retire {{ ClusterName }}, and {{ Volumes }} its volumes?',
        MinRequiredApprovals: 1,
        Approvers: '{{ Approvers }}',
      },
    },
    {
      name: 'retire',
      action: 'aws:executeStateMachine',
      timeoutSeconds: 7200,
      isEnd: true,
      inputs: {
        stateMachineArn: { Ref: 'Retire' },
        name: 'runbook-{{ automation:EXECUTION_ID }}',
        input: '{"cluster":"{{ ClusterName }}","volumes":"{{ Volumes }}"}',
      },
    },
    { name: 'nothingToDo', action: 'aws:sleep', inputs: { Duration: 'PT0S' } },
  ],
  outputs: ['retire.executionArn', 'retire.output'],
};

const trust = (Service: string): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }],
});

/** A template with the runbook, its role and its workflow. */
export const sampleTemplate = (document: object = {}, content: object = sampleContent): object => ({
  Resources: {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: trust('ssm.amazonaws.com') },
    },
    WorkflowRole: {
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: trust('states.amazonaws.com') },
    },
    Retire: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'retire-cluster',
        RoleArn: { 'Fn::GetAtt': ['WorkflowRole', 'Arn'] },
        DefinitionString: JSON.stringify({
          QueryLanguage: 'JSONata',
          StartAt: 'Done',
          States: {
            Done: { Type: 'Pass', Output: { retired: '{% $states.input.cluster %}' }, End: true },
          },
        }),
      },
    },
    Runbook: {
      Type: 'AWS::SSM::Document',
      Properties: {
        Name: 'trivet-retire-cluster',
        DocumentType: 'Automation',
        UpdateMethod: 'NewVersion',
        Content: content,
        ...document,
      },
    },
  },
  Outputs: { Runbook: { Value: { Ref: 'Runbook' } } },
});

/** A registry with one cluster of each phase. */
export const sampleRegistry = {
  getItem: ({ Key }: { Key: { cluster: { S: string } } }): object => {
    const phases: Readonly<Record<string, string>> = { demo: 'ready', old: 'retired' };
    const cluster = Key.cluster.S;
    const phase = phases[cluster];
    return phase === undefined ? {} : { Item: { cluster: { S: cluster }, phase: { S: phase } } };
  },
};

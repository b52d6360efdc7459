import { arn } from '../names.ts';
import { allow, describe, type Statement } from './statements.ts';

const attaching = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * What Lambda needs of a function's role to attach it to the VPC. Lambda checks for it when the function is made, and
 * accepts no narrower resource for DeleteNetworkInterface than all of the account and region. The code of the function
 * itself may not use it.
 */
export function vpcAttachment(functionName: string): readonly Statement[] {
  return [
    {
      ...allow(attaching, [arn('ec2', '*/*')]),
      why: 'Lambda accepts no narrower resource, and uses it by itself alone',
    },
    describe('ec2', 'NetworkInterfaces', 'Subnets'),
    {
      effect: 'Deny',
      actions: [...attaching, 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
      resources: ['*'],
      conditions: {
        ArnEquals: { 'lambda:SourceFunctionArn': arn('lambda', `function:${functionName}`) },
      },
    },
  ];
}

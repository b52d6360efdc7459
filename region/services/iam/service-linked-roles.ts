import type { CreateServiceLinkedRoleCommandInput, IAM } from '@aws-sdk/client-iam';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { checkName, required } from './checks.ts';
import { addRole, describeRole } from './roles.ts';
import { type IamState, noSuchEntity, roleOf } from './state.ts';

/** Names of the roles that services link to themselves; only Auto Scaling's takes a suffix. */
const linkedRoles: Readonly<Record<string, { name: string; suffix: boolean }>> = {
  'autoscaling.amazonaws.com': { name: 'AWSServiceRoleForAutoScaling', suffix: true },
  'elasticloadbalancing.amazonaws.com': { name: 'AWSServiceRoleForElasticLoadBalancing', suffix: false },
  'spot.amazonaws.com': { name: 'AWSServiceRoleForEC2Spot', suffix: false },
};

/** Roles that belong to a service. */
export function serviceLinkedRoleOperations(iam: IamState) {
  return {
    createServiceLinkedRole: (input) => createServiceLinkedRole(iam, input),
    deleteServiceLinkedRole: (input) => {
      const role = roleOf(iam, input.RoleName);
      if (role.linkedTo === undefined)
        throw noSuchEntity(`The role with name ${role.name} is not service-linked.`);
      iam.roles.delete(role.name.toLowerCase());
      return { DeletionTaskId: `task${role.path}${role.name}/${iam.kernel.ids.uuid()}` };
    },
    getServiceLinkedRoleDeletionStatus: (input) => {
      if (!/^task\/aws-service-role\/[^/]+\/[^/]+\/[0-9a-f-]{36}$/.test(input.DeletionTaskId ?? '')) {
        throw noSuchEntity(`Deletion task ${input.DeletionTaskId} not found.`);
      }
      return { Status: 'SUCCEEDED' as const };
    },
  } satisfies Operations<IAM>;
}

function createServiceLinkedRole(iam: IamState, input: CreateServiceLinkedRoleCommandInput) {
  const service = required(input.AWSServiceName, 'aWSServiceName');
  const linked = linkedRoles[service];
  if (!linked) throw new NotPlayedError(`a service-linked role of ${service}`);
  if (input.CustomSuffix !== undefined && !linked.suffix) {
    throw new AwsError('InvalidInput', `Custom suffix is not allowed for ${service}`);
  }
  const suffix =
    input.CustomSuffix === undefined ? '' : `_${checkName(input.CustomSuffix, 'customSuffix', 64)}`;
  const name = `${linked.name}${suffix}`;
  if (iam.roles.has(name.toLowerCase())) {
    throw new AwsError(
      'InvalidInput',
      `Service role name ${name} has been taken in this account, please try a different suffix.`,
    );
  }
  const role = addRole(iam, {
    name,
    path: `/aws-service-role/${service}/`,
    linkedTo: service,
    trustPolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
    }),
    description: input.Description ?? '',
    maxSessionSeconds: 3600,
    tags: [],
  });
  return { Role: describeRole(role) };
}

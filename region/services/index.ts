import type { Kernel, Service } from '../kernel/kernel.ts';
import { createAutoscaling } from './autoscaling/index.ts';
import { createCloudformation } from './cloudformation/index.ts';
import { createCloudwatch } from './cloudwatch/index.ts';
import { createDynamodb } from './dynamodb/index.ts';
import { createEc2 } from './ec2/index.ts';
import { createElbv2 } from './elbv2/index.ts';
import { createEventbridge } from './eventbridge/index.ts';
import { createIam } from './iam/index.ts';
import { createKms } from './kms/index.ts';
import { createLambda } from './lambda/index.ts';
import { createLogs } from './logs/index.ts';
import { createS3 } from './s3/index.ts';
import { createScheduler } from './scheduler/index.ts';
import { createSqs } from './sqs/index.ts';
import { createSsm } from './ssm/index.ts';
import { createStepfunctions } from './stepfunctions/index.ts';
import { createSts } from './sts/index.ts';

/**
 * Every service of the region, in the order of registration. They stop in the reverse order: who calls stops before whom it calls, so
 * that an execution is aborted before the environment that runs its task ends, and never sees that task fail.
 */
export const serviceCreators: readonly ((kernel: Kernel) => Service)[] = [
  createS3,
  createDynamodb,
  createKms,
  createSqs,
  createIam,
  createSts,
  createLogs,
  createCloudwatch,
  createEc2,
  createElbv2,
  createAutoscaling,
  createLambda,
  createStepfunctions,
  createSsm,
  createEventbridge,
  createScheduler,
  createCloudformation,
];

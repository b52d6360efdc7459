import type { Provider } from '../provider.ts';
import { dynamodbProviders } from './dynamodb.ts';
import { ec2Providers } from './ec2.ts';
import { eventProviders } from './events.ts';
import { iamProviders } from './iam.ts';
import { kmsProviders } from './kms.ts';
import { lambdaProviders } from './lambda.ts';
import { operationsProviders } from './operations.ts';
import { s3Providers } from './s3.ts';
import { ssmProviders } from './ssm.ts';
import { stepfunctionsProviders } from './stepfunctions.ts';

/**
 * The resource types that Trivet's templates have. A provider's properties are read by its own strict schema before it is called, so the
 * list forgets their types.
 */
export const allProviders: readonly Provider[] = [
  ...dynamodbProviders,
  ...ec2Providers,
  ...eventProviders,
  ...iamProviders,
  ...kmsProviders,
  ...lambdaProviders,
  ...operationsProviders,
  ...s3Providers,
  ...ssmProviders,
  ...stepfunctionsProviders,
] as unknown as readonly Provider[];

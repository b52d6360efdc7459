import type { Kernel, Service } from '../../kernel/kernel.ts';
import { createExecutions } from './automation/executions.ts';
import { automationOperations } from './automation/operations.ts';
import { documentOperations } from './documents/operations.ts';
import { publicImages } from './images.ts';
import { parameterOperations } from './parameters.ts';
import type { SsmState, StoredParameter } from './state.ts';
import { tagOperations } from './tags.ts';

export { type PublicImage, publicImages } from './images.ts';

/**
 * Systems Manager: Parameter Store, with the public parameters and the CDK bootstrap version that a deployment reads, and Automation, with
 * the documents that it runs. Not played, and loud: documents of other types, automations over many targets, accounts or step by step.
 */
export function createSsm(kernel: Kernel): Service {
  const ssm: SsmState = { kernel, parameters: new Map(), documents: new Map() };
  const executions = createExecutions(kernel);
  const given = (name: string, value: string, dataType = 'text'): void => {
    const parameter: StoredParameter = {
      name,
      versions: [
        {
          version: 1,
          value,
          type: 'String',
          tier: 'Standard',
          dataType,
          modified: kernel.clock.now(),
          modifiedBy: 'region.internal',
        },
      ],
      tags: [],
    };
    ssm.parameters.set(name, parameter);
  };
  for (const image of publicImages) given(image.parameter, image.imageId, 'aws:ec2:image');
  // Version of the CDK bootstrap stack: templates check that it is at least 6.
  given('/cdk-bootstrap/hnb659fds/version', '30');
  return {
    id: 'ssm',
    operations: {
      ...parameterOperations(ssm),
      ...documentOperations(ssm),
      ...automationOperations(ssm, executions),
      ...tagOperations(ssm, executions),
    },
    stop: executions.stop,
  };
}

import type { Kernel, Service } from '../../kernel/kernel.ts';
import { publicImages } from './images.ts';
import { parameterOperations } from './parameters.ts';
import type { SsmState, StoredParameter } from './state.ts';

export { type PublicImage, publicImages } from './images.ts';

/** Systems Manager's Parameter Store, with the public parameters and the CDK bootstrap version that a deployment reads. */
export function createSsm(kernel: Kernel): Service {
  const ssm: SsmState = { kernel, parameters: new Map() };
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
  return { id: 'ssm', operations: parameterOperations(ssm) };
}

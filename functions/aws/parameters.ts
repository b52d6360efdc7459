import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Config } from '../runtime/config.ts';
import { calling } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

export interface Parameters {
  /** Value of an SSM parameter, or undefined when there is none. */
  value(name: string, signal?: AbortSignal): Promise<string | undefined>;
}

export function makeParameters(config: Config): Parameters {
  const client = new SSMClient(clientSettings(config));
  return {
    async value(name, signal) {
      const command = new GetParametersCommand({ Names: [name] });
      const call = client.send(command, abortedBy(signal));
      const found = await calling('ssm:GetParameters', call);
      return found.Parameters?.[0]?.Value;
    },
  };
}

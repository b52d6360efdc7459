import { EC2Client, GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import type { Config } from '../runtime/config.ts';
import { callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

/** What instances wrote on their consoles. */
export interface Consoles {
  /** The latest text; undefined where there is none, or no such instance. */
  read(instanceId: string, signal?: AbortSignal): Promise<string | undefined>;
}

export function makeConsoles(config: Config): Consoles {
  const client = new EC2Client(clientSettings(config));
  return {
    async read(instanceId, signal) {
      // The latest text is there on Nitro instances alone, which Trivet's are.
      const command = new GetConsoleOutputCommand({ InstanceId: instanceId, Latest: true });
      const missing = ['InvalidInstanceID.NotFound'];
      const call = client.send(command, abortedBy(signal));
      const found = await callingUnless('ec2:GetConsoleOutput', missing, call);
      return found?.Output === undefined ? undefined : Buffer.from(found.Output, 'base64').toString('utf8');
    },
  };
}

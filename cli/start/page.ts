import { consolePort } from '../commands/console.ts';
import { openConsole } from '../console/open-console.ts';
import { ConsolePortTakenError, type ConsoleServer } from '../console/server.ts';
import type { Target } from '../target.ts';

/** The console's page beside a region that a person runs. */
export interface PageBeside {
  /** Serves it and says where. Where its port is taken, on any free one: nobody's region fails for it. */
  open(target: Target): Promise<void>;
  /** Its address; empty before it is open. */
  url(): string;
  close(): Promise<void>;
}

/** A page that is not open yet. */
export function besideRegion(say: (line: string) => void): PageBeside {
  let server: ConsoleServer | undefined;
  return {
    async open(target) {
      server = await openConsole(target, consolePort(undefined)).catch((error: unknown) => {
        if (!(error instanceof ConsolePortTakenError)) throw error;
        return openConsole(target, 0);
      });
      say(`Watch it live at ${server.url}`);
    },
    url: () => server?.url ?? '',
    close: async () => server?.close(),
  };
}

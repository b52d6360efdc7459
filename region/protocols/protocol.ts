import type { OperationSchema, ServiceCatalog } from './catalog.ts';
import type { Shape } from './shape.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** An error on its way to the client: what the service threw, completed from the error's schema. */
export interface WireError {
  /** Code in the query protocols and XML (`AlreadyExists`). */
  readonly code: string;
  /** Name of the modelled shape (`AlreadyExistsFault`); the code where no shape is modelled. */
  readonly shapeName: string;
  readonly message: string;
  readonly status: number;
  readonly fault: 'client' | 'server';
  /** Modelled members beside the message. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly shape: Shape | undefined;
}

/** What a routed request asks for. `labels` are values that stood in the path. */
export interface Route {
  readonly operation: OperationSchema;
  readonly labels: Readonly<Record<string, string>>;
}

/** One of AWS's wire protocols, from the server's side. */
export interface Protocol {
  /** The operation that a request names; undefined where no schema has it. `asked` says in words what was asked. */
  route(catalog: ServiceCatalog, request: WireRequest): { route: Route | undefined; asked: string };
  /** The operation's input in the SDK's shape. */
  read(catalog: ServiceCatalog, route: Route, request: WireRequest): Record<string, unknown>;
  write(
    catalog: ServiceCatalog,
    operation: OperationSchema,
    output: unknown,
    requestId: string,
  ): WireResponse;
  writeError(
    catalog: ServiceCatalog,
    error: WireError,
    requestId: string,
    request: WireRequest,
  ): WireResponse;
}

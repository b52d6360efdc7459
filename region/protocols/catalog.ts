import type { ServiceDefinition } from './definitions.ts';
import { isRecord, type Shape, type ShapeRef, shapeOf, traitsOf } from './shape.ts';

/** One operation of a service, as its schema describes it. */
export interface OperationSchema {
  /** Wire name, for example `DescribeVolumes`. */
  readonly name: string;
  /** Name of the SDK's method and of the region's operation: `describeVolumes`. */
  readonly method: string;
  readonly input: Shape;
  readonly output: Shape;
  /** Method, URI pattern and status of REST services. */
  readonly http: readonly [string, string, number] | undefined;
}

export interface ServiceCatalog {
  readonly definition: ServiceDefinition;
  readonly operations: ReadonlyMap<string, OperationSchema>;
  /** A modelled error by its shape name or by its query code. */
  findError(code: string): Shape | undefined;
}

// First fields of the SDK's schema tuples.
const operationId = 9;
const errorId = -3;

const loaded = new Map<string, Promise<ServiceCatalog>>();

/** The schemas of a service, read from its SDK client on first use and kept for the life of the process. */
export function loadCatalog(definition: ServiceDefinition): Promise<ServiceCatalog> {
  let catalog = loaded.get(definition.id);
  if (!catalog) {
    catalog = definition.load().then((exported) => readCatalog(definition, exported));
    loaded.set(definition.id, catalog);
  }
  return catalog;
}

function readCatalog(definition: ServiceDefinition, exported: object): ServiceCatalog {
  const operations = new Map<string, OperationSchema>();
  const errors = new Map<string, Shape>();
  for (const value of Object.values(exported)) {
    if (!Array.isArray(value)) continue;
    if (value[0] === operationId) {
      const operation = readOperation(value);
      operations.set(operation.name, operation);
    } else if (value[0] === errorId) {
      const shape = shapeOf(value as never);
      errors.set(String(value[2]), shape);
    }
  }
  // A shape name wins over another error's query code, as it does in the SDK.
  for (const shape of [...errors.values()]) {
    const code = traitsOf(shape).awsQueryError?.[0];
    if (code !== undefined && !errors.has(code)) errors.set(code, shape);
  }
  if (operations.size === 0)
    throw new Error(
      `The SDK client of ${definition.id} exports no operation schemas: its version does not fit.`,
    );
  return { definition, operations, findError: (code) => errors.get(code) };
}

function readOperation(tuple: readonly unknown[]): OperationSchema {
  const name = String(tuple[2]);
  const http: unknown = isRecord(tuple[3]) ? tuple[3].http : undefined;
  return {
    name,
    method: name.charAt(0).toLowerCase() + name.slice(1),
    input: shapeOf(tuple[4] as ShapeRef),
    output: shapeOf(tuple[5] as ShapeRef),
    http: Array.isArray(http) ? [String(http[0]), String(http[1]), Number(http[2])] : undefined,
  };
}

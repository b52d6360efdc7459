/** One task: one Lambda function with one role of its own (design §4). Imports nothing, so that anything may import it. */
export interface TaskEntry {
  /** Verb and noun, as in the file name, the state's name, the placeholder and the construct id. */
  readonly name: string;
  /** Source file that exports `handler`. */
  readonly entry: string;
  /** `vpc` tasks reach etcd, S3 and DynamoDB and nothing else; `outside` tasks reach AWS and no node (design §3). */
  readonly network: 'outside' | 'vpc';
  readonly timeoutSeconds: number;
  /** Also decides the share of a processor, so a cold import needs more than the heap does. */
  readonly memoryMegabytes: number;
  readonly description: string;
}

const memoryMegabytes = 512;

/** Tasks that only read and write the registry or describe. */
export const quick = { network: 'outside', timeoutSeconds: 30, memoryMegabytes } as const;
/** Tasks that make a resource and may await that it exists. */
export const making = { network: 'outside', timeoutSeconds: 60, memoryMegabytes } as const;
/** Tasks that talk to etcd or to the Kubernetes API. */
export const inVpc = { network: 'vpc', timeoutSeconds: 30, memoryMegabytes } as const;

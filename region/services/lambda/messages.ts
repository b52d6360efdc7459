/** What the region and an execution environment's thread say to each other (structured clone over the worker's port). */
export interface RuntimeData {
  readonly codeDirectory: string;
  readonly handler: string;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly memoryMegabytes: number;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** Where V8's cached code of the bundles is kept. */
  readonly compileCacheDirectory: string;
}

export interface InvokeMessage {
  readonly requestId: string;
  readonly payload: string;
  /** Epoch milliseconds at which the invocation times out. */
  readonly deadline: number;
  readonly invokedFunctionArn: string;
  readonly clientContext?: string;
}

/** The body of a failed invocation, as Lambda answers it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type RuntimeMessage =
  | { readonly kind: 'ready'; readonly file: string; readonly sha256: string }
  | { readonly kind: 'initFailed'; readonly error: FunctionError }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'answered'; readonly payload: string }
  | { readonly kind: 'failed'; readonly error: FunctionError }
  | { readonly kind: 'crashed'; readonly error: FunctionError };

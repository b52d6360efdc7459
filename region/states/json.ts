export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Largest input, output or set of assigned variables of a state, in bytes of UTF-8 (reference aws-etcd-kubeadm-facts §4.1). */
export const payloadBytesMax = 262_144;

/** Whether a parsed JSON value is an object (not an array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Size of a value as Step Functions measures it: bytes of its compact JSON text in UTF-8. */
export function payloadBytes(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value));
}

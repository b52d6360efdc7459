/**
 * A fake of a port that has only the given methods: using any other fails the test, with its name. So a test says all that its subject
 * may do.
 */
export function unstubbed<T extends object>(name: string, methods: Partial<T>): T {
  return new Proxy(methods, {
    get(target, property) {
      if (property in target) return Reflect.get(target, property);
      // Awaiting it asks whether it is a promise.
      if (property === 'then') return undefined;
      throw new Error(`${name}.${String(property)} was used and is not stubbed in this test`);
    },
  }) as T;
}

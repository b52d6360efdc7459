/** The values of all, once each has come to its end. Throws the first failure, but only then: one that fails keeps no other from its end. */
export async function settleAll<T>(all: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

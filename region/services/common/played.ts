import type { Kernel, ServiceId } from '../../kernel/kernel.ts';

/** A service of the region, where it has one: tests compose regions without those that do not matter to them. */
export function played<T>(kernel: Kernel, id: ServiceId): T | undefined {
  return kernel.services().find((service) => service.id === id) as T | undefined;
}

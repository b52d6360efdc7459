import type { Flags } from '../kubernetes/flags.ts';
import type { RenderedNode } from './rendered-node.ts';

/** A recommendation of the CIS Kubernetes Benchmark, judged over a node's files. Ids are those of the benchmark; words are Trivet's. */
export interface Check {
  readonly id: string;
  /** Whether the benchmark lets a machine judge it. */
  readonly automated: boolean;
  readonly what: string;
  /** Undefined where files cannot tell. */
  readonly passes: ((node: RenderedNode) => boolean) | undefined;
  /** Why it fails and stays so, or what tells where files cannot. Required for every check that does not pass. */
  readonly reason?: string;
}

type Judge = (node: RenderedNode) => boolean;
type Component = 'apiServer' | 'controllerManager' | 'scheduler';

/** A check that the benchmark counts as automated. */
export function automated(id: string, what: string, passes: Judge | undefined, reason?: string): Check {
  return { id, automated: true, what, passes, ...(reason && { reason }) };
}

/** A check that the benchmark leaves to a person; judged here where files can tell. */
export function manual(id: string, what: string, passes: Judge | undefined, reason?: string): Check {
  return { id, automated: false, what, passes, ...(reason && { reason }) };
}

/** The component's flag has a value that fits. An absent flag fits only where `fits` takes undefined. */
export function flag(
  component: Component,
  name: string,
  fits: (value: string | undefined) => boolean,
): Judge {
  return (node) => fits((node[component] satisfies Flags)[name]);
}

export const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';
export const isUnset = (value: string | undefined): boolean => value === undefined;
export const is =
  (wanted: string) =>
  (value: string | undefined): boolean =>
    value === wanted;
export const has =
  (entry: string) =>
  (value: string | undefined): boolean =>
    (value ?? '').split(',').includes(entry);
export const hasNot =
  (entry: string) =>
  (value: string | undefined): boolean =>
    !has(entry)(value);
export const atLeast =
  (least: number) =>
  (value: string | undefined): boolean =>
    Number(value) >= least;

/** Suites with forward secrecy and authenticated encryption. */
export function areStrong(suites: readonly string[]): boolean {
  const strong =
    /^TLS_ECDHE_(ECDSA|RSA)_WITH_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305(_SHA256)?)$/;
  return suites.length > 0 && suites.every((suite) => strong.test(suite));
}

/** A rendered file that is for root alone. The user data installs all files as root:root. */
export function isRootsAlone(path: string): Judge {
  return (node) => node.mode(path) === 0o600;
}

/** A file that kubernetes.sh fetches, as root and under a mask that leaves it to root alone. */
export function isFetchedPrivately(path: string): Judge {
  return (node) =>
    node.fetches(path) &&
    /fetch_file\(\) \{\n {2}umask 077\n/.test(node.content('/usr/local/lib/trivet/kubernetes.sh'));
}

/** A value of the KubeletConfiguration, by path. */
export function kubelet(path: string, fits: (value: unknown) => boolean): Judge {
  return (node) =>
    fits(
      path
        .split('.')
        .reduce<unknown>(
          (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
          node.kubelet,
        ),
    );
}

/** A variable of etcd. */
export function etcd(name: string, fits: (value: string | undefined) => boolean): Judge {
  return (node) => fits(node.etcd[name]);
}

export function all(...judges: readonly Judge[]): Judge {
  return (node) => judges.every((judge) => judge(node));
}

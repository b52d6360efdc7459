/**
 * What an API stand-in of the embedded region adds to the version that it stands for, in reports and on `/version`: nobody takes it for
 * Kubernetes.
 */
const standInSuffix = '+trivet.standin';

export const standInVersion = (version: string): string => `${version}${standInSuffix}`;

/** Whether a version, with or without a v, is an API stand-in's. */
export const isStandIn = (version: string): boolean => version.endsWith(standInSuffix);

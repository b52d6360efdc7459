/** Where time comes from: pure code is given `now`, tasks are given a clock. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/**
 * US dollars an hour and vCPU on demand for Linux in us-east-1; sizes of a family cost in proportion. AWS's public price list as of 2026-01-19, read
 * where karpenter-provider-aws quotes it (031e72b, zz_generated.pricing_aws.go). Prices only choose between types, so another region's,
 * which differ by nearly one factor, choose alike.
 */
const perVcpuHour: Readonly<Record<string, number>> = {
  c5: 0.0425,
  c6a: 0.03825,
  c6g: 0.034,
  c6i: 0.0425,
  c7a: 0.05132,
  c7g: 0.03625,
  c7i: 0.044625,
  c8g: 0.03988,
  m5: 0.048,
  m6a: 0.0432,
  m6g: 0.0385,
  m6i: 0.048,
  m7a: 0.05796,
  m7g: 0.0408,
  m7i: 0.0504,
  m8g: 0.04488,
  r5: 0.063,
  r6a: 0.0567,
  r6g: 0.0504,
  r6i: 0.063,
  r7a: 0.076075,
  r7g: 0.05355,
  r7i: 0.06615,
  r8g: 0.05891,
};

/** The burstable families cost by their memory: US dollars an hour and GiB, from the same list. */
const perGibibyteHour: Readonly<Record<string, number>> = { t3: 0.0104, t3a: 0.0094, t4g: 0.0084 };

/** What a family that is not listed is taken to cost: near what the families m6i, c6i and r6i do. */
const estimate = { perVcpuHour: 0.037, perGibibyteHour: 0.003 } as const;

/** What spot is taken to cost of the price on demand. Its price of the hour is not asked for, so zones cost alike (ADR 21). */
const spotShare = 0.35;

/** How large an instance type is. */
export interface TypeSize {
  readonly instanceType: string;
  readonly vcpus: number;
  readonly memoryMebibytes: number;
}

export interface Price {
  readonly pricePerHour: number;
  /** The family is not in the list. */
  readonly estimated: boolean;
}

/** US dollars an hour. Metal sizes are not in proportion, so that they are estimated. Pure. */
export function priceOf(type: TypeSize, capacity: 'on-demand' | 'spot'): Price {
  const { instanceType, memoryMebibytes, vcpus } = type;
  const [family = '', size = ''] = instanceType.split('.');
  const gibibytes = memoryMebibytes / 1024;
  const byMemory = perGibibyteHour[family];
  const byVcpu = size.startsWith('metal') ? undefined : perVcpuHour[family];
  const listed = byMemory === undefined ? byVcpu && byVcpu * vcpus : byMemory * gibibytes;
  const onDemand = listed ?? vcpus * estimate.perVcpuHour + gibibytes * estimate.perGibibyteHour;
  return {
    pricePerHour: capacity === 'spot' ? onDemand * spotShare : onDemand,
    estimated: listed === undefined,
  };
}

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
  Ei: 1024 ** 6,
};

/** A quantity as Kubernetes writes it (`500m`, `1.5Gi`, `2e3`) as a number of its base unit. Pure. Throws RangeError for text that is none. */
export function parseQuantity(text: string | number): number {
  const match = /^([+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/.exec(
    String(text),
  );
  const factor = factors[match?.[2] ?? ''];
  if (!match || factor === undefined) throw new RangeError(`${text} is no quantity`);
  return Number(match[1]) * factor;
}

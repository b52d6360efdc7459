import { specJsonSchema } from '../../functions/clusters/spec.ts';

/** `trivet schema`: the JSON Schema of a cluster spec, for editors. */
export function printSchema(): number {
  process.stdout.write(`${JSON.stringify(specJsonSchema(), null, 2)}\n`);
  return 0;
}

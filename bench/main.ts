import { parseArgs } from 'node:util';
import { createOutput, table } from '../cli/output.ts';
import { benchBundles, benchSynth } from './bundles.ts';
import { benchControlPlane } from './control-plane.ts';
import { isKept, median, renderFigures } from './figures.ts';
import { benchKubernetes } from './kubernetes.ts';
import { benchPlanning } from './planning.ts';
import { benchWorkers } from './workers.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '6' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(
    'npm run bench -- [--json] [--runs N]   figures against the budgets of the design; N heals per profile (default 6); exit code 1: one is over\n',
  );
  process.exit(0);
}
const output = createOutput({ json: values.json });
const runs = Number(values.runs);

// First, while this process, whose memory is among the figures, holds nothing else.
output.say('A cluster with real Kubernetes, where it is built (npm run binaries) …');
const kubernetes = await benchKubernetes();
if (kubernetes.length === 0) output.say('It is not built: these figures are left out.');
output.say('Heals with fast delays …');
const fast = await benchControlPlane('fast', runs);
output.say('Heals with cold starts and API latencies modelled …');
const modelled = await benchControlPlane('modelled', runs);
output.say('Bundles and synthesis …');
const bundles = [...benchBundles(), benchSynth(3)];
output.say('Planning of workers, the peers’ shapes (seed 42) …');
const planning = await benchPlanning();
output.say('Looking at a cluster of 5,000 nodes (seed 42) …');
const workers = await benchWorkers();
const figures = [...fast, ...modelled, ...bundles, ...planning, ...workers, ...kubernetes];
for (const line of table(renderFigures(figures))) output.say(line);
output.result({ figures: figures.map((figure) => ({ ...figure, median: median(figure.runs) })) });
process.exit(figures.some((figure) => isKept(figure) === false) ? 1 : 0);

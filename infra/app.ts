/** Synthesizes the deployment: `node infra/app.ts`, by itself or as the CDK CLI's app. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { catalog } from '../functions/catalog.ts';
import { checkedDeploymentName } from './names.ts';
import { addTrivet, featureFlags } from './trivet.ts';

const root = join(import.meta.dirname, '..');
const outdir = process.env.CDK_OUTDIR ?? join(root, 'cdk.out');
// The CLI clears and locks the folder that it names. By itself the app leaves no assets of earlier runs behind.
if (process.env.CDK_OUTDIR === undefined) rmSync(outdir, { recursive: true, force: true });

const app = new App({
  outdir,
  analyticsReporting: false,
  context: featureFlags,
});
addTrivet(app, {
  name: checkedDeploymentName(String(app.node.tryGetContext('deployment') ?? 'trivet')),
  catalog,
  bundleDir: join(root, 'dist', 'functions'),
  workflowDir: join(root, 'workflows'),
});
app.synth();

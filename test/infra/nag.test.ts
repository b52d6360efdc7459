import { rmSync } from 'node:fs';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, expect, test } from 'vitest';
import { makeApp, writeStubBundles } from './support/synthesize.ts';

const bundleDir = writeStubBundles();
afterAll(() => rmSync(bundleDir, { recursive: true }));

test('cdk-nag finds nothing that is not answered with a reason', { timeout: 90_000 }, () => {
  const { app } = makeApp({ bundleDir });
  const pack = new AwsSolutionsChecks(app);
  Validations.of(app).addPlugins(pack);
  app.synth();
  const report = pack.validateScope(app);
  expect(report.violations).toEqual([]);
});

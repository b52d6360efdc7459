/**
 * Makes the pictures of the README from a region that really runs: `npm run screenshots`. Nothing in them is drawn; what they show is what
 * the page shows of a cluster that has just been provisioned and then lost an instance.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { provision } from '../../cli/commands/provision.ts';
import { openConsole } from '../../cli/console/open-console.ts';
import { awaitKubernetes } from '../../cli/kubernetes.ts';
import { CommandError, createOutput } from '../../cli/output.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import { findTarget } from '../../cli/target.ts';
import { startRegion } from '../../region/region.ts';
import { findChromium, openChromium } from './chromium.ts';
import { shrinkPng } from './shrink-png.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'docs', 'images');
const output = createOutput({ json: false });
/** So slow that there is something to be seen on its way. */
const delays = { instancePending: 3_000, instanceBoot: 3_000, instanceShutdown: 3_000 };
const kilobytesMax = 200;

async function main(): Promise<void> {
  const chromium = findChromium();
  if (chromium === undefined)
    throw new CommandError(
      'there is no Chromium here: apt-get install chromium, or TRIVET_CHROMIUM=/path/to/chromium.',
    );
  mkdirSync(folder, { recursive: true });
  const stateDir = mkdtempSync(join(tmpdir(), 'trivet-screenshots-'));
  const region = await startRegion({
    stateDir,
    port: 0,
    delays,
    vpcCidr: process.env.TRIVET_VPC_CIDR ?? '127.96.0.0/16',
  });
  let browser: Browser | undefined;
  try {
    await region.deploy(join(root, 'cdk.out'));
    const target = await findTarget({ endpoint: region.endpoint, region: 'us-east-1' });
    const server = await openConsole(target, 0);
    browser = await openChromium(chromium);
    try {
      await picture(browser, server.url, async () => {
        const spec = readSpecFile(join(root, 'examples', 'ha.yaml'));
        await provision(target, spec, output);
        const signal = AbortSignal.timeout(180_000);
        await awaitKubernetes(target, spec.name, { signal, timeoutSeconds: 180, workers: 3 });
      });
    } finally {
      await server.close();
    }
  } finally {
    await browser?.close();
    await region.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function picture(browser: Browser, url: string, provisionAll: () => Promise<void>): Promise<void> {
  const [light, dark, narrow] = await Promise.all([
    open(browser, url, { width: 1280, height: 1060, scheme: 'light' }),
    open(browser, url, { width: 1280, height: 1060, scheme: 'dark' }),
    open(browser, url, { width: 390, height: 844, scheme: 'light' }),
  ]);
  await provisionAll();
  await shown(light, '3 of 3 workers are ready.');
  await light.bringToFront();
  await press(light, 'article[aria-labelledby="slot-b"] button.break');
  await press(light, 'dialog button.break[type="submit"]');
  await shown(light, 'is terminated.');
  await dark.bringToFront();
  await shown(dark, 'puts slot b back');
  await dark.waitForSelector('.state[data-progress="current"]', { timeout: 60_000 });
  await take(dark, 'console-dark.png');
  // Everything is well again, and so say the alarms.
  for (const page of [light, narrow])
    await page.waitForFunction(
      "document.querySelectorAll('.word[data-state=well]').length === 6 && !document.querySelector('.alarms')",
      { timeout: 180_000, polling: 250 },
    );
  await light.bringToFront();
  await press(light, '.said button');
  await take(light, 'console-light.png');
  await take(narrow, 'console-narrow.png');
}

interface Look {
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
}

async function open(browser: Browser, url: string, { height, scheme, width }: Look): Promise<Page> {
  const page = await browser.newPage();
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: scheme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  await page.setViewport({ width, height });
  await page.goto(url);
  return page;
}

function shown(page: Page, text: string): Promise<unknown> {
  return page.waitForFunction(`document.body.innerText.includes(${JSON.stringify(text)})`, {
    timeout: 120_000,
    polling: 100,
  });
}

async function press(page: Page, selector: string): Promise<void> {
  await page.locator(selector).click();
}

async function take(page: Page, name: string): Promise<void> {
  await page.bringToFront();
  await page.mouse.move(0, 0);
  const picture = shrinkPng(Buffer.from(await page.screenshot()));
  writeFileSync(join(folder, name), picture);
  const kilobytes = Math.round(picture.length / 1000);
  output.say(`${name}: ${kilobytes} kB`);
  if (kilobytes > kilobytesMax) throw new CommandError(`${name} is larger than ${kilobytesMax} kB.`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`trivet: ${error.message}\n`);
  process.exitCode = 1;
}

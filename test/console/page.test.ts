import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { provision } from '../../cli/commands/provision.ts';
import { openConsole } from '../../cli/console/open-console.ts';
import type { ConsoleServer } from '../../cli/console/server.ts';
import { readSpecFile } from '../../cli/spec-file.ts';
import type { Ec2Service } from '../../region/services/ec2/index.ts';
import { findChromium, openChromium } from '../../scripts/screenshots/chromium.ts';
import { type DeployedRegion, deployRegion } from '../support/deployed-region.ts';
import { eventually } from '../support/eventually.ts';
import { type OpenPage, openPage } from './open-page.ts';

const chromium = findChromium();
if (chromium === undefined)
  console.warn(
    'The console’s page is not tried: there is no Chromium here (apt-get install chromium, or TRIVET_CHROMIUM=/path/to/chromium).',
  );

const spec = readSpecFile('examples/ha.yaml');
const output = { json: true, say: () => {}, result: () => {} };
const soon = { timeoutMs: 60_000, intervalMs: 100 };

describe.skipIf(chromium === undefined)('the console’s page, in Chromium', () => {
  let deployed: DeployedRegion;
  let server: ConsoleServer;
  let browser: Browser;
  /** The one that is never loaded anew. */
  let wide: OpenPage;

  beforeAll(async () => {
    // So slow that a person would see what is shown.
    deployed = await deployRegion({
      delays: { instancePending: 1_500, instanceBoot: 1_500, instanceShutdown: 2_500 },
    });
    server = await openConsole(deployed.target, 0);
    browser = await openChromium(chromium ?? '');
    wide = await openPage(browser, server.url, { width: 1280 });
  }, 120_000);
  // What one test has left open is not in the way of the next.
  beforeEach(async () => {
    if (await wide.page.$('dialog[open]')) await wide.page.keyboard.press('Escape');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await deployed?.stop();
  }, 60_000);

  const says = (part: string, what: RegExp | string, within = soon) =>
    eventually(
      async () =>
        typeof what === 'string'
          ? (await wide.textOf(part)).includes(what)
          : what.test(await wide.textOf(part)),
      {
        ...within,
        what: `${part} saying ${what}`,
      },
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}; it says: ${await wide.textOf(part)}`);
    });
  const instanceOf = async (slot: string) =>
    /i-[0-9a-f]{17}/.exec(await wide.textOf(`Slot ${slot}`))?.[0] ?? '';
  const shows = (text: string) =>
    eventually(async () => (await wide.text()).includes(text), { ...soon, what: `the page showing ${text}` });
  const hides = (text: string) =>
    eventually(async () => !(await wide.text()).includes(text), {
      ...soon,
      what: `the page without ${text}`,
    });
  const answer = async (title: string, label: string) => {
    await wide.press(title);
    await wide.press(label);
  };

  test('says that there is nothing yet, and shows a provisioning live from its first state on', {
    timeout: 180_000,
  }, async () => {
    await shows('There are no clusters yet');
    const provisioned = provision(deployed.target, spec, output);
    await says('demo', 'It is being provisioned.');
    await eventually(async () => /[▸] (Ensure|Make|Bring|Plan|Record)/.test(await wide.text()), {
      ...soon,
      what: 'the state that it is in, lit',
    });
    await says('Work', /1 running/);
    await says('Slot b', /forming/);
    expect(await provisioned).toMatchObject({ status: 'SUCCEEDED' });
    await says('demo', '3 of 3 members vote, and one more may be lost.');
    await says('general', '3 of 3 workers are ready.', { timeoutMs: 90_000, intervalMs: 200 });
    await says('Work', /provision-cluster\s+demo-[0-9a-f]{8}-1\s+[\d:]{8}, succeeded in/);
    expect(await wide.isSamePage()).toBe(true);
  });

  test('shows zones and slots, who leads, the quorum and its margin, and each worker', async () => {
    expect(await wide.textOf('Control plane')).toMatch(
      /vote\s+3 of 3\s+must\s+2\s+may still be lost\s+1\s+leader\s+slot [abc]/,
    );
    for (const slot of ['a', 'b', 'c']) {
      expect(await wide.textOf(`us-east-1${slot}`)).toContain(`Slot ${slot}`);
      expect(await wide.textOf(`Slot ${slot}`)).toMatch(
        /serving[\s\S]*i-[0-9a-f]{17}[\s\S]*vol-[0-9a-f]{17}[\s\S]*API server ready/,
      );
    }
    expect(
      (await wide.textOf('general')).match(/i-[0-9a-f]{17}\s+us-east-1[abc]\s+m7g.large\s+ready/g),
    ).toHaveLength(3);
    expect(wide.complaints).toEqual([]);
  });

  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('fits into %i pixels, %s, and is readable there', async (width, scheme) => {
    const look = await openPage(browser, server.url, { width, scheme });
    await eventually(async () => (await look.textOf('Slot b')).includes('serving'), soon);
    await eventually(async () => (await look.page.$('.graph svg')) !== null, soon);
    expect(await look.page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await look.page.evaluate(tooFaint)).toEqual([]);
    const [red = 0] =
      ((await look.page.evaluate('getComputedStyle(document.documentElement).backgroundColor')) as string)
        .match(/\d+/g)
        ?.map(Number) ?? [];
    expect(red < 60 ? 'dark' : 'light').toBe(scheme);
    expect(look.complaints).toEqual([]);
    await look.page.close();
  });

  test('can be used by keyboard alone: order, focus that is seen, a dialog that gives it back', {
    timeout: 60_000,
  }, async () => {
    const { page } = wide;
    await page.bringToFront();
    await page.evaluate('document.activeElement?.blur()');
    const order: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      await page.keyboard.press('Tab');
      order.push(
        (await page.evaluate(
          'document.activeElement.ariaLabel ?? document.activeElement.innerText',
        )) as string,
      );
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      expect([order.at(-1), outline]).toEqual([order.at(-1), 'solid']);
    }
    expect(order.map((name) => name.replace(/i-\w+|vol-\w+/, '…').trim())).toEqual([
      'Skip to the cluster',
      'Provision a cluster: demo',
      'Pause the automation of a cluster: demo',
      'Retire a cluster: demo',
      'Cut zone us-east-1a off',
      'Replace a control-plane node: a',
      'Kill … of slot a',
      'Lose … of slot a',
    ]);
    await page.keyboard.press('Enter');
    await eventually(() => page.$('dialog[open]'), soon);
    expect(await page.evaluate('document.activeElement.closest("dialog") !== null')).toBe(true);
    await page.keyboard.press('Escape');
    await eventually(async () => (await page.$('dialog[open]')) === null, soon);
    expect(await page.evaluate('document.activeElement.ariaLabel')).toMatch(/^Lose vol-/);
  });

  test('kills an instance by its button, and shows the slot lost and coming back as the same member', {
    timeout: 120_000,
  }, async () => {
    const before = await instanceOf('b');
    const member = /member\s+([0-9a-f]{12,16})/.exec(await wide.textOf('Slot b'))?.[1];
    expect(member).toBeDefined();
    await wide.press(`Kill ${before} of slot b`);
    await shows('comes back as the same etcd member');
    await wide.press('Kill instance');
    await shows(`${before} is terminated.`);
    await says('Slot b', /losing its instance|without an instance|coming back|silent/);
    await says('Slot b', /serving/);
    expect(await instanceOf('b')).not.toBe(before);
    expect(await wide.textOf('Slot b')).toContain(member);
    await says('Work', /replace-etcd-member/);
    await says('Decisions', /start-replace/);
    expect(await wide.isSamePage()).toBe(true);
  });

  test('starts runbooks with what it asks: a pause and its end, a provisioning, a drain with the name typed', {
    timeout: 180_000,
  }, async () => {
    await wide.press('Pause the automation of a cluster: demo');
    await wide.type('Reason', 'we look ourselves');
    await wide.press('Pause');
    await says('demo', /Paused until [\d:]{8}\. Nothing is changed by itself: we look ourselves/);
    await answer('Resume the automation of a cluster: demo', 'Resume');
    await eventually(async () => !(await wide.textOf('demo')).includes('Paused until'), soon);
    await answer('Provision a cluster: demo', 'Provision again');
    await shows('Started provision-cluster: automation');
    await says('Work', /run-runbook/);

    const worker = /i-[0-9a-f]{17}/.exec(await wide.textOf('general'))?.[0] ?? '';
    await wide.press(`Drain a worker: ${worker}`);
    expect(
      await wide.page.$eval('dialog button[type=submit]', (button) => button.hasAttribute('disabled')),
    ).toBe(true);
    await wide.type('To go on, type the cluster’s name: demo', 'demo');
    await wide.press('Drain');
    await shows('Started drain-worker: automation');
    await says('Work', /drain-worker\s+demo-runbook-[0-9a-f]{8}-1\s+[\d:]{8}, succeeded/);
  });

  test('says what is refused and does nothing: a wrong parameter', async () => {
    await wide.press('Pause the automation of a cluster: demo');
    await wide.type('Minutes', 'soon');
    await wide.type('Reason', 'we look ourselves');
    await wide.press('Pause');
    await shows('Minutes: "soon" does not match');
    await wide.press('Leave it');
    expect(wide.complaints.splice(0)).toEqual([
      'Failed to load resource: the server responded with a status of 400 (Bad Request)',
    ]);
    expect(await wide.textOf('demo')).not.toContain('Paused until');
  });

  test('cuts a zone off and joins it again, and repairs nothing that is not dead', {
    timeout: 180_000,
  }, async () => {
    await answer('Cut zone us-east-1c off', 'Cut zone');
    await says('Slot c', /cut off/);
    await says('demo', /2 of 3 members vote, no more may be lost; slot c is cut off\./);
    const worker = /(i-[0-9a-f]{17})\s+us-east-1c/.exec(await wide.textOf('general'))?.[1] ?? '';
    await wide.press(`Repair a worker: ${worker}`);
    await wide.type('To go on, type the cluster’s name: demo', 'demo');
    await wide.press('Repair');
    await says('Work', /repair-worker\s+demo-runbook-[0-9a-f]{8}-1\s+[\d:]{8}, succeeded/);
    await answer('Join zone us-east-1c again', 'Join zone');
    await says('Slot c', /serving/);
    await says('demo', '3 of 3 members vote');
  });

  test('kicks a slot whose zone had no capacity', { timeout: 180_000 }, async () => {
    const { faults } = deployed.region.kernel.service('ec2') as Ec2Service;
    const restore = faults.insufficientCapacity({ zone: 'us-east-1a' });
    const before = await instanceOf('a');
    await answer(`Kill ${before} of slot a`, 'Kill instance');
    await says('Slot a', /without an instance/);
    restore();
    await answer('Kick a stuck slot: a', 'Kick');
    await shows('Started kick-slot: automation');
    await says('Slot a', /serving/, { timeoutMs: 120_000, intervalMs: 200 });
    expect(await instanceOf('a')).not.toBe(before);
  });

  test('replaces a node on purpose and gives a pool another size', { timeout: 240_000 }, async () => {
    const before = await instanceOf('b');
    await answer('Replace a control-plane node: b', 'Replace');
    await says('Work', /replace-control-plane-node/);
    await eventually(async () => ![before, ''].includes(await instanceOf('b')), {
      ...soon,
      what: 'another instance',
    });
    await says('Slot b', /serving/, { timeoutMs: 120_000, intervalMs: 200 });
    await wide.press('Give a pool another size: general');
    await wide.type('Size', '4');
    await wide.press('Resize');
    await says('general', '4 of 4 workers are ready.', { timeoutMs: 120_000, intervalMs: 200 });
  });

  test('loses a volume once the name is typed, and has the slot judged: it is held', {
    timeout: 180_000,
  }, async () => {
    const volume = /vol-[0-9a-f]{17}/.exec(await wide.textOf('Slot c'))?.[0] ?? '';
    await wide.press(`Lose ${volume} of slot c`);
    await wide.type('To go on, type the cluster’s name: demo', 'demo');
    await wide.press('Lose volume');
    await says('Slot c', /without its disk/);
    await answer('Put a slot of the control plane back: c', 'Put back');
    await says('Slot c', /held\s+vol-[0-9a-f]{17} is in state error; replace-data: the volume is lost/);
    await says('Decisions', /replace-data/);
    expect(await wide.isSamePage()).toBe(true);
    expect(wide.complaints).toEqual([]);
  });

  test('says when its data is old, and goes on by itself after the console’s restart', {
    timeout: 60_000,
  }, async () => {
    const { port } = new URL(server.url);
    await server.close();
    await shows('No answer from the console on this machine for ');
    expect(await wide.text()).toMatch(/What you see is from [\d:]{8}\. Start it again/);
    expect(await wide.textOf('Slot c')).toContain('held');
    server = await openConsole(deployed.target, Number(port));
    await hides('No answer from');
    expect(await wide.isSamePage()).toBe(true);
  });

  test('takes the cluster away once that is approved', { timeout: 240_000 }, async () => {
    await wide.press('Retire a cluster: demo');
    await wide.type('To go on, type the cluster’s name: demo', 'demo');
    await wide.press('Retire');
    await shows('It waits for an approval.');
    await says('Waiting for an approval', /Retire a cluster \(retire-cluster\)/);
    await wide.press('Approve: Retire a cluster');
    await wide.type('To go on, type the cluster’s name: demo', 'demo');
    await wide.press('Approve');
    await says('Work', /retire-cluster/);
    await eventually(async () => (await wide.text()).includes('There are no clusters yet'), {
      timeoutMs: 200_000,
      intervalMs: 200,
      what: 'the end of the cluster',
    });
    expect(await wide.isSamePage()).toBe(true);
  });

  test('goes on by itself after the region’s restart', { timeout: 120_000 }, async () => {
    const { host, port } = new URL(deployed.region.endpoint);
    await deployed.stop();
    await shows(`No answer from ${host} for `);
    deployed = await deployRegion({ port: Number(port) });
    await hides('No answer from');
    expect(await wide.text()).toContain('There are no clusters yet');
    expect(await wide.isSamePage()).toBe(true);
  });
});

/** Texts whose contrast with what lies behind them is below what WCAG 2.1 asks of small text (4.5). */
const tooFaint = `(() => {
  const parse = (color) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    const box = element.getBoundingClientRect();
    if (!own || element.closest('svg') || box.width === 0 || box.top < 0) continue;
    const [one, other] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) faint.push(element.textContent.trim().slice(0, 40) + ': ' + contrast.toFixed(2));
  }
  return faint;
})()`;

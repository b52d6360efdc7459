import type { Browser, Page } from 'puppeteer-core';

/** The console's page in a real Chromium, as a person meets it: by names and roles, not by the page's own markup. */
export interface OpenPage {
  readonly page: Page;
  /** Everything that is to be read. */
  text(): Promise<string>;
  /** What is to be read within the part of that name: a region, an article or a table. */
  textOf(name: string): Promise<string>;
  /** Resolves once a button of that name is there; then it is pressed. */
  press(name: string): Promise<void>;
  isThere(name: string): Promise<boolean>;
  /** Types into the field of that name. */
  type(name: string, text: string): Promise<void>;
  /** What the console said and what the page threw: both are to be empty. */
  readonly complaints: string[];
  /** Whether the page is as it was opened: nothing was loaded anew. */
  isSamePage(): Promise<boolean>;
}

export interface Look {
  readonly width: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

/** Opens the console in a tab of a size. */
export async function openPage(
  browser: Browser,
  url: string,
  { height = 900, scheme = 'light', width }: Look,
): Promise<OpenPage> {
  const page = await browser.newPage();
  // A busy machine draws late; what is awaited still comes.
  page.setDefaultTimeout(90_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setViewport({ width, height });
  await page.goto(url);
  await page.evaluate('globalThis.openedOnce = true');
  const byName = (role: string, name: string) => `::-p-aria([name="${name}"][role="${role}"])`;
  return {
    page,
    complaints,
    text: async () => (await page.evaluate('document.body.innerText')) as string,
    async textOf(name) {
      for (const role of ['region', 'article', 'list']) {
        const found = await page.$(byName(role, name));
        if (found)
          return (await found.evaluate((part) => (part as unknown as { innerText: string }).innerText)) ?? '';
      }
      return '';
    },
    press: (name) => page.locator(byName('button', name)).setTimeout(90_000).click(),
    isThere: async (name) => (await page.$(byName('button', name))) !== null,
    async type(name, text) {
      const field = await page.waitForSelector(byName('textbox', name), { timeout: 60_000 });
      await field?.click({ count: 3 });
      await field?.type(text);
    },
    isSamePage: async () => (await page.evaluate('globalThis.openedOnce === true')) as boolean,
  };
}

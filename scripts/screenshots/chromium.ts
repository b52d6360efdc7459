import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where a Chromium is: TRIVET_CHROMIUM, else the first on PATH; undefined where there is none. */
export function findChromium(): string | undefined {
  const { PATH = '', TRIVET_CHROMIUM } = process.env;
  if (TRIVET_CHROMIUM) return TRIVET_CHROMIUM;
  return PATH.split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A Chromium without a window. It opens this machine's own pages alone, so that it may do without its sandbox where that cannot be had. */
export function openChromium(executablePath: string): Promise<Browser> {
  // Over a pipe: a browser whose starter was killed notices its end, and goes too.
  return puppeteer.launch({
    executablePath,
    pipe: true,
    args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
  });
}

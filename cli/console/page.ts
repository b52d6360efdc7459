import { join } from 'node:path';
import { build } from 'esbuild';

/** The page's files, by the path at which they are served. */
export type Page = Readonly<Record<string, { readonly type: string; readonly body: string }>>;

const root = join(import.meta.dirname, '..', '..');

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Trivet</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body>
<noscript>The console shows what is live, and needs JavaScript for it.</noscript>
</body>
</html>
`;

/** Three legs below a plate. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="none" stroke="#2f7d6b" stroke-width="4" stroke-linecap="round"><path d="M4 9h24M8 9v16M16 9v16M24 9v16"/></g></svg>`;

/** Bundles the page, which takes a moment: nothing has to be built before a console can be started. Throws what esbuild finds wrong. */
export async function buildPage(): Promise<Page> {
  const built = await build({
    absWorkingDir: root,
    entryPoints: { page: 'console/page/main.tsx' },
    outdir: 'out',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  const fileOf = (ending: string): string =>
    built.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return {
    '/': { type: 'text/html; charset=utf-8', body: html },
    '/page.js': { type: 'text/javascript; charset=utf-8', body: fileOf('.js') },
    '/page.css': { type: 'text/css; charset=utf-8', body: fileOf('.css') },
    '/icon.svg': { type: 'image/svg+xml', body: icon },
  };
}

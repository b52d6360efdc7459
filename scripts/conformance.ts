/** `npm run conformance`: writes docs/conformance.md. */
import { writeFileSync } from 'node:fs';
import { renderConformancePage } from '../node/conformance/page.ts';

writeFileSync(new URL('../docs/conformance.md', import.meta.url), renderConformancePage());

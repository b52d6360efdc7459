import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { validateDefinition } from '../../../region/states/validate.ts';

const folder = new URL('../../../workflows/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.asl.json'));

test.each(names)('the region accepts %s as it stands', (name) => {
  expect(validateDefinition(readFileSync(new URL(name, folder), 'utf8')).problems).toEqual([]);
});

export interface DuplicateKey {
  readonly key: string;
  /** JSON pointer of the object that has the key twice, with the key. */
  readonly location: string;
}

interface Level {
  readonly location: string;
  /** Keys of an object; undefined for an array. */
  readonly keys: Set<string> | undefined;
  /** Next element of an array. */
  index: number;
  key: string;
}

/** Tokens that matter here: strings (which may hold braces), braces, brackets and commas. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * Keys that an object of a valid JSON text has twice. `JSON.parse` keeps the last one silently, so that a state given twice
 * would vanish.
 */
export function findDuplicateKeys(text: string): DuplicateKey[] {
  const duplicates: DuplicateKey[] = [];
  const levels: Level[] = [];
  let string: string | undefined;
  const open = (keys: Set<string> | undefined): void => {
    const outer = levels.at(-1);
    const step = outer ? `/${outer.keys ? outer.key : outer.index}` : '';
    levels.push({ location: `${outer?.location ?? ''}${step}`, keys, index: 0, key: '' });
  };
  for (const [found] of text.matchAll(token)) {
    const level = levels.at(-1);
    if (found === '{') open(new Set());
    else if (found === '[') open(undefined);
    else if (found === '}' || found === ']') levels.pop();
    else if (found === ',' && level) level.index += 1;
    else if (found === ':' && level?.keys && string !== undefined) {
      const key = JSON.parse(string) as string;
      if (level.keys.has(key)) duplicates.push({ key, location: `${level.location}/${key}` });
      level.keys.add(key);
      level.key = key;
    }
    string = found.startsWith('"') ? found : undefined;
  }
  return duplicates;
}

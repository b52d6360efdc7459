/** What a text says as JSON; undefined where it is none. Pure. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { useEffect, useState } from 'preact/hooks';

/** What stands behind the `#` of the address: the cluster that is looked at. */
export function useHash(): string {
  const [hash, setHash] = useState(readHash);
  useEffect(() => {
    const changed = (): void => setHash(readHash());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return hash;
}

const readHash = (): string => decodeURIComponent(location.hash.slice(1));

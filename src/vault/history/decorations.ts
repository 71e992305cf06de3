/** Which lines and tags name a snapshot. */
import { HEADS, TAGS } from '../../refs/names.ts';
import { isLive } from '../../refs/ref-record.ts';
import type { Repository } from '../repository.ts';

export interface RefNames {
  lines: string[];
  tags: string[];
}

/** Names of a namespace that are looked at: decoration is for people, who do not read more. */
const MOST_NAMES = 10_000;

/** By the ids in hex of what they name now; each list sorted. */
export async function refNames({ refs }: Repository): Promise<Map<string, RefNames>> {
  const names = new Map<string, RefNames>();
  for (const [namespace, list] of [
    [HEADS, 'lines'],
    [TAGS, 'tags'],
  ] as const) {
    let looked = 0;
    for await (const record of refs.each(namespace)) {
      if (looked++ === MOST_NAMES) break;
      if (!isLive(record)) continue;
      const known = names.get(record.target) ?? { lines: [], tags: [] };
      names.set(record.target, known);
      known[list].push(record.name);
    }
  }
  for (const { lines, tags } of names.values()) {
    lines.sort();
    tags.sort();
  }
  return names;
}

/** One process runs from its beginning to its end, and nobody else moves. */
import type { Behaviour } from './behaviour.ts';
import type { Ending } from './instance.ts';
import type { Contents, Storage } from './storage.ts';

export async function runAlone(
  storage: Storage,
  behaviour: Behaviour,
  contents: Contents,
): Promise<{ contents: Contents; ending: Ending }> {
  let node = await behaviour.root();
  let now = contents;
  while (node.operation) {
    const applied = storage.apply(now, node.operation);
    now = applied.contents;
    node = node.next.get(applied.answer) ?? (await behaviour.learn(node, applied.answer));
  }
  return { contents: now, ending: node.ending! };
}

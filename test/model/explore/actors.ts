/** The processes of the models: the library's own verbs, on objects of a few bytes. */
import {
  appendForgotten,
  collectGarbage,
  formatTime,
  ObjectType,
  type Repository,
  readContent,
  readSnapshot,
  setTag,
  undelete,
  walkTree,
} from '../../../src/index.ts';
import { Flag } from '../../../src/objects/model.ts';
import { packKey } from '../../../src/store/layout.ts';
import { type Actor, smallSnapshot } from './world.ts';

/**
 * Takes a snapshot of files that are a few bytes each.
 * @param options.mayMiss what it builds upon may go: it is taken for dead, or follows what is forgotten meanwhile and was condemned before
 */
export function writer(
  name: string,
  line: string,
  files: Readonly<Record<string, string>>,
  { mayMiss = false } = {},
): Actor {
  return {
    name,
    may: mayMiss ? ['LOST_RACE', 'MISSING_OBJECT'] : [],
    async does(vault) {
      return [{ what: 'snapshot', id: await smallSnapshot(vault, line, files) }];
    },
  };
}

/** @param takesForDead every writer that has not ended: also one that lives */
export function gc(name: string, { takesForDead = false }: { takesForDead?: boolean } = {}): Actor {
  return {
    name,
    may: ['LOST_RACE'],
    async does(vault) {
      const clock = { monotonic: () => 0n, isRunning: () => !takesForDead };
      await collectGarbage(vault, { force: true, clock });
      return [];
    },
  };
}

/** When all others have ended or died. */
export const LAST: Actor = { ...gc('the last gc', { takesForDead: true }), may: [] };

/** Appends a record to the log; what is planned before that is no part of the protocol. */
export function forgets(name: string, ...what: string[]): Actor {
  return {
    name,
    async does(vault, ids) {
      await forget(vault, ...what.map((one) => ids[one]!));
      return [];
    },
  };
}

/** Takes a snapshot back that is forgotten. */
export function undeletes(name: string, what: string): Actor {
  return {
    name,
    may: ['LOST_RACE', 'MISSING_OBJECT', 'NOT_FOUND'],
    async does(vault, ids) {
      await undelete(vault, [Buffer.from(ids[what]!, 'hex')]);
      return [{ what: 'kept', id: ids[what]! }];
    },
  };
}

/** Gives a snapshot a tag, also one that is forgotten. */
export function tags(name: string, what: string): Actor {
  return {
    name,
    may: ['LOST_RACE', 'MISSING_OBJECT', 'NOT_FOUND'],
    async does(vault, ids) {
      const id = Buffer.from(ids[what]!, 'hex');
      await setTag(vault, name, { id, stored: ObjectType.snapshot });
      return [{ what: 'tag', name, id: ids[what]! }];
    },
  };
}

/** Reads all of a snapshot; what is read is compared with its id. */
export function reader(name: string, what: string, { isForgotten = false } = {}): Actor {
  return {
    name,
    may: isForgotten ? ['MISSING_OBJECT'] : [],
    async does({ store }, ids) {
      const { root } = await readSnapshot(store, Buffer.from(ids[what]!, 'hex'));
      for await (const { entry } of walkTree(store, root)) {
        for await (const _ of readContent(store, entry.id, ((entry.flags ?? 0) & Flag.list) !== 0));
      }
      return [];
    },
  };
}

/** The upload of a pack arrives once more, whatever has become of the pack. `ids` has its name, and its bytes in base64. */
export const LATE_UPLOAD: Actor = {
  name: 'late upload',
  isLate: true,
  async does(_vault, { pack, bytes }, wire) {
    await wire.create(packKey(pack!), [Buffer.from(bytes!, 'base64')]);
    return [];
  },
};

export async function forget({ backend, environment }: Repository, ...dropped: string[]): Promise<void> {
  const time = formatTime(environment.now());
  await appendForgotten(backend, { time, who: 'ada', host: 'laptop', message: '', dropped, kept: [] });
}

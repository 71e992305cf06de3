/**
 * Every call by which a restore changes the disk, in one place: the platform's, and the few that go to `node:fs` itself. They
 * are replaced in this process, so that whatever runs in it meets them.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { FaultMethod } from '../../src/platform/fault.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { getPlatform } from '../../src/platform/select.ts';

/** What the platform changes or makes durable. */
export const CHANGING: readonly (FaultMethod & keyof Platform)[] = [
  ...(['mkdir', 'createFile', 'write', 'link', 'symlink', 'mknod', 'chmod', 'fchmod'] as const),
  ...(['chown', 'fchown', 'setTimes', 'setTimesFd', 'setXattr', 'setXattrFd', 'removeXattr'] as const),
  ...(['renameNoReplace', 'exchange', 'unlink', 'rmdir', 'fsyncDirectory', 'syncFileSystem'] as const),
];

const OF_NODE = ['mkdirSync', 'appendFileSync', 'fsyncSync'] as const;

type Call = (...args: unknown[]) => unknown;

/** Decides over one call. @param run does what was asked */
export type Interceptor = (name: string, args: unknown[], run: Call) => unknown;

/** @returns puts everything back */
export function interceptMutations(interceptor: Interceptor): () => void {
  const undo: (() => void)[] = [];
  const patch = (table: Record<string, Call>, name: string) => {
    const original = table[name]!;
    table[name] = (...args) => interceptor(name, args, original);
    undo.push(() => {
      table[name] = original;
    });
  };
  for (const name of CHANGING) patch(getPlatform() as unknown as Record<string, Call>, name);
  for (const name of OF_NODE) patch(fs as unknown as Record<string, Call>, name);
  syncBuiltinESMExports();
  return () => {
    for (const step of undo) step();
    syncBuiltinESMExports();
  };
}

/** The names of the calls that `body` makes, in order. */
export async function mutationsOf(body: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = [];
  const stop = interceptMutations((name, args, run) => {
    names.push(name);
    return run(...args);
  });
  try {
    await body();
  } finally {
    stop();
  }
  return names;
}

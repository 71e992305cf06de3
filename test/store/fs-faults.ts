/**
 * Makes the n-th asynchronous file system call of this process fail, or replaces one, by patching Node's own objects.
 */
import fsp from 'node:fs/promises';

const CALLS = ['open', 'link', 'stat', 'lstat', 'mkdir', 'chmod', 'unlink', 'rename', 'rmdir'] as const;
const HANDLE_CALLS = ['writev', 'chmod', 'sync', 'stat', 'read', 'close'] as const;

type Call = (...args: unknown[]) => Promise<unknown>;
type Table = Record<string, Call>;

/**
 * Decides over one call: `run` does what was asked. `name` is `link`, `handle.sync`, …; `number` counts from 1; `target` is
 * the file handle of a call on one.
 */
export type Interceptor = (
  call: { name: string; number: number; args: unknown[]; target: unknown },
  run: () => Promise<unknown>,
) => Promise<unknown>;

export async function intercepting<T>(interceptor: Interceptor, body: () => Promise<T>): Promise<T> {
  const probe = await fsp.open('/dev/null', 'r');
  const prototype = Object.getPrototypeOf(probe) as Table;
  await probe.close();
  const undo: (() => void)[] = [];
  let number = 0;
  const patch = (table: Table, name: string, shown: string): void => {
    const original = table[name]!;
    table[name] = function (this: unknown, ...args: unknown[]): Promise<unknown> {
      const call = { name: shown, number: ++number, args, target: this };
      return interceptor(call, () => original.apply(this, args));
    };
    undo.push(() => {
      table[name] = original;
    });
  };
  for (const name of CALLS) patch(fsp as unknown as Table, name, name);
  for (const name of HANDLE_CALLS) patch(prototype, name, `handle.${name}`);
  try {
    return await body();
  } finally {
    for (const step of undo) step();
  }
}

export function errnoError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code });
}

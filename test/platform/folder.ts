/** A folder for one test, and paths in it as bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Folder {
  path: Buffer;
  /** path of a name in the folder; names may be any bytes */
  at(...names: (string | Buffer)[]): Buffer;
}

export function withFolder<T>(body: (folder: Folder) => T, parent = tmpdir()): T {
  const path = mkdtempSync(join(parent, 'vault-platform-'));
  const root = Buffer.from(path);
  const at = (...names: (string | Buffer)[]) =>
    Buffer.concat([root, ...names.flatMap((name) => [Buffer.from('/'), Buffer.from(name)])]);
  try {
    return body({ path: root, at });
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** The errno name that `call` fails with; undefined when it does not. */
export function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

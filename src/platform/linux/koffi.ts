/**
 * Loads koffi, the foreign function interface, on first use and once a thread.
 *
 * `require('koffi')` takes 11–18 ms, 2 ms of which is the native module: the rest is spent copying every lazy property
 * of `node:fs` and `node:util`. What we use (`load`, `func`, `address`, `errno`) is native, so the native module is
 * asked for first, by the path koffi's own platform package has for it. Any surprise (another version's layout, a
 * musl system, whose binary lies elsewhere) takes the ordinary entry.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface Koffi {
  readonly version: string;
  load(library: string | null): Library;
  /** address of the first byte of a Buffer */
  address(buffer: Uint8Array): bigint;
  /** the calling thread's errno */
  errno(): number;
}

export interface Library {
  /** Throws when the symbol does not exist. */
  func(name: string, result: string, args: string[]): Func;
}

export interface Func {
  (...args: never[]): number;
  /** The call on a thread of libuv's pool; the last argument is called back. */
  async(...args: never[]): void;
}

const MUSL_LOADER: Record<string, string> = {
  x64: '/lib/ld-musl-x86_64.so.1',
  arm64: '/lib/ld-musl-aarch64.so.1',
};

export function loadKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  return loadNative(require) ?? (require('koffi') as { default: Koffi }).default;
}

function loadNative(require: NodeJS.Require): Koffi | undefined {
  const { arch } = process;
  if (existsSync(MUSL_LOADER[arch] ?? '/')) return undefined;
  try {
    const beside = createRequire(require.resolve('koffi'));
    const native = beside(`@koromix/koffi-linux-${arch}/linux_${arch}/koffi.node`) as Koffi;
    return typeof native.address === 'function' && typeof native.load === 'function' ? native : undefined;
  } catch {
    return undefined; // the ordinary entry says what is wrong
  }
}

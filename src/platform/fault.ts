/**
 * A platform that fails where a test says so: the n-th call of a method, every call about a path, or the n-th call of
 * all, so that a test can go through every n. A call that is made to fail is not carried out.
 */
import { codeError } from './errno.ts';
import type { Directory, Platform } from './platform.ts';

type Methods<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T];
export type FaultMethod =
  | Exclude<Methods<Platform>, 'pathIn'>
  | `Directory.${Exclude<Methods<Directory>, 'name'>}`;

export interface Fault {
  /** Any, when undefined. */
  method?: FaultMethod;
  /** Only calls about this path: an argument, a name in an open folder, or what a descriptor was opened as. */
  path?: Buffer;
  /** Only the n-th of the calls that match the above, from 1. Every one, when undefined. */
  nth?: number;
  /** errno name: EIO, ENOSPC, … */
  code: string;
}

export interface FaultyPlatform extends Platform {
  /** calls so far, failed ones included, by method */
  readonly calls: ReadonlyMap<FaultMethod, number>;
  /** calls made to fail so far */
  readonly failures: number;
}

type Call = (...args: unknown[]) => unknown;

const SLASH = Buffer.from('/');
const OPENING = new Set(['openForRead', 'createFile', 'openFolder']);
/** Methods whose number is a user or group, not a descriptor. */
const BY_ID = new Set(['userName', 'groupName', 'userId', 'groupId']);

export function faulty(platform: Platform, plan: readonly Fault[]): FaultyPlatform {
  const injector = new Injector(plan);
  const wrapped: Record<string, unknown> = { ...platform };
  for (const [method, value] of Object.entries(platform)) {
    // It only puts a path together.
    if (typeof value === 'function' && method !== 'pathIn')
      wrapped[method] = wrap(injector, method as FaultMethod, value as Call);
  }
  const openDirectory = wrapped.openDirectory as Platform['openDirectory'];
  wrapped.openDirectory = (path: Buffer) => wrapDirectory(injector, openDirectory(path), path);
  Object.defineProperty(wrapped, 'calls', { get: () => injector.calls });
  Object.defineProperty(wrapped, 'failures', { get: () => injector.failures });
  return wrapped as unknown as FaultyPlatform;
}

/** Counts calls and throws where the plan says so. */
class Injector {
  readonly calls = new Map<FaultMethod, number>();
  failures = 0;
  /** paths of descriptors that are open */
  readonly opened = new Map<number, Buffer>();
  private readonly plan: { fault: Fault; matched: number }[];

  constructor(plan: readonly Fault[]) {
    this.plan = plan.map((fault) => ({ fault, matched: 0 }));
  }

  before(method: FaultMethod, paths: readonly Buffer[]): void {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    let failing: Fault | undefined;
    for (const entry of this.plan) {
      const { fault } = entry;
      if (fault.method !== undefined && fault.method !== method) continue;
      if (fault.path !== undefined && !paths.some((path) => path.equals(fault.path as Buffer))) continue;
      entry.matched++;
      if (fault.nth === undefined || fault.nth === entry.matched) failing ??= fault;
    }
    if (failing === undefined) return;
    this.failures++;
    throw codeError(failing.code, method, ...paths);
  }
}

function wrap(injector: Injector, method: FaultMethod, call: Call): Call {
  return (...args) => {
    const fd = typeof args[0] === 'number' && !BY_ID.has(method) ? args[0] : undefined;
    injector.before(method, fd === undefined ? pathsOf(injector, method, args) : knownPath(injector, fd));
    const result = call(...args);
    if (OPENING.has(method)) injector.opened.set(result as number, ownPath(injector, args[0] as Buffer));
    if (method === 'close') injector.opened.delete(fd as number);
    return result;
  };
}

/** A symlink's target and an attribute's name and value are no paths. */
function pathsOf(injector: Injector, method: FaultMethod, args: unknown[]): Buffer[] {
  const first = method === 'symlink' ? 1 : 0;
  const end = method === 'setXattr' || method === 'removeXattr' ? 1 : 2;
  const paths = args.slice(first, end).filter((arg) => Buffer.isBuffer(arg));
  return paths.map((path) => ownPath(injector, path));
}

/** What `pathIn` made, as the path that the folder was opened by and the name in it. */
function ownPath(injector: Injector, path: Buffer): Buffer {
  const prefix = /^\/proc\/self\/fd\/(\d+)\//.exec(path.toString('latin1', 0, 40));
  const folder = prefix === null ? undefined : injector.opened.get(Number(prefix[1]));
  if (prefix === null || folder === undefined) return path;
  return Buffer.concat([folder, SLASH, path.subarray(prefix[0].length)]);
}

function knownPath(injector: Injector, fd: number): Buffer[] {
  const path = injector.opened.get(fd);
  return path === undefined ? [] : [path];
}

function wrapDirectory(injector: Injector, directory: Directory, path: Buffer): Directory {
  const pathOf = (i: number) => Buffer.concat([path, SLASH, directory.name(i)]);
  return {
    length: directory.length,
    name: (i) => directory.name(i),
    stat(i) {
      injector.before('Directory.stat', [pathOf(i)]);
      return directory.stat(i);
    },
    readlink(i) {
      injector.before('Directory.readlink', [pathOf(i)]);
      return directory.readlink(i);
    },
    openDirectory(i) {
      injector.before('Directory.openDirectory', [pathOf(i)]);
      return wrapDirectory(injector, directory.openDirectory(i), pathOf(i));
    },
    close() {
      directory.close(); // a descriptor is released whatever happens
      injector.before('Directory.close', [path]);
    },
  };
}

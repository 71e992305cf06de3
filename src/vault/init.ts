/**
 * Makes a vault: in `DIR/.vault`, or in a store elsewhere that `DIR/.vault` links to. Joining a store that is there is
 * fine; anything else that is in the way is left alone and refused.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isVaultError, VaultError } from '../errors.ts';
import { checkName, toName } from '../refs/names.ts';
import { errnoOf, ioError } from '../store/backend/fs-error.ts';
import { discardStoreFolder, letsOthersIn } from '../store/backend/fs-root.ts';
import { openBackend } from '../store/backend/open.ts';
import { type Config, createConfig, readConfig } from '../store/config.ts';
import { probeBackend } from '../store/probe.ts';
import type { Environment } from './environment.ts';
import { formatLink, type Link, readLink } from './link.ts';

export const VAULT_NAME = '.vault';
export const EMBEDDED_LINE = 'main';

export interface InitOptions {
  /** the folder to keep; made if it is not there. Undefined: only the store */
  folder?: string;
  /** where the store goes when not in the folder */
  store?: string;
  line?: string;
  /** for a group */
  shared?: boolean;
  environment: Environment;
}

export interface InitResult {
  store: string;
  folder: string | undefined;
  line: string | undefined;
  /** false: there was one, and it was joined */
  created: boolean;
  vaultId: string;
  /** it was made for its owner only, and others may open it: the file system keeps no modes */
  exposed: boolean;
}

/** @throws REFUSED when something else is there, USAGE for a bad line name; else as `ioError` says */
export async function initVault(options: InitOptions): Promise<InitResult> {
  const { folder, environment } = options;
  if (folder === undefined && options.store === undefined) {
    throw new VaultError('USAGE', 'a vault needs a folder or a store');
  }
  if (folder !== undefined) makeFolder(folder);
  const place = folder === undefined ? undefined : join(resolve(folder), VAULT_NAME);
  const store = options.store === undefined ? place! : resolve(options.store);
  const embedded = store === place;
  if (embedded && options.line !== undefined && options.line !== EMBEDDED_LINE) {
    throw new VaultError('USAGE', `the line of a vault in ${VAULT_NAME} is always ${EMBEDDED_LINE}`, {
      hint: 'keep the store elsewhere to name the line: `vault init --store …`',
    });
  }
  const line = lineFor(options, embedded);
  if (line !== undefined) checkName(line, 'line');
  if (embedded && lstatSync(place!, { throwIfNoEntry: false })?.isFile()) refuseLink(place!);
  if (place !== undefined && !embedded) checkLinkPlace(place, { store, line: line! });
  const { config, created } = await makeStore(store, options.shared ?? false, environment);
  if (place !== undefined && !embedded) writeLink(place, { store, line: line! });
  const exposed = created && !options.shared && (await letsOthersIn(store));
  return { store, folder, line, created, vaultId: config.vaultId, exposed };
}

function lineFor({ folder, line, environment }: InitOptions, embedded: boolean): string | undefined {
  if (line !== undefined || folder === undefined) return line;
  return embedded ? EMBEDDED_LINE : defaultLine(environment.host, resolve(folder));
}

/** `<host>/<folder>`, with what a name may not hold, or a shell would read, replaced by `-`; of each at most 32 characters. */
export function defaultLine(host: string, folder: string): string {
  const clean = (text: string, otherwise: string): string => {
    const plain = [...text.normalize('NFC').replace(/[^\p{L}\p{N}._-]+/gu, '-')].slice(0, 32).join('');
    return /[\p{L}\p{N}]/u.test(plain) ? plain : otherwise;
  };
  return toName(`${clean(host, 'host')}/${clean(basename(folder), 'root')}`);
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno !== 'EEXIST' && errno !== 'ENOTDIR') throw ioError(cause, 'make the folder', folder);
    throw new VaultError('REFUSED', `${folder} is not a folder`, {
      subject: folder,
      hint: 'name a folder to keep',
      cause,
    });
  }
}

async function makeStore(
  path: string,
  shared: boolean,
  environment: Environment,
): Promise<{ config: Config; created: boolean }> {
  const isNew = !existsSync(path);
  const backend = await openBackend({ type: 'fs', path, shared }, { create: true });
  try {
    try {
      return { config: await readConfig(backend), created: false };
    } catch (error) {
      if (!isVaultError(error, 'NO_VAULT')) throw error;
    }
    await probeBackend(backend);
    return await createConfig(backend, { now: environment.now, shared });
  } catch (error) {
    if (isNew) await discardStoreFolder(path);
    throw error;
  } finally {
    await backend.close();
  }
}

/** @throws REFUSED unless nothing is there, or the very link that is wanted */
function checkLinkPlace(place: string, link: Link): void {
  if (lstatSync(place, { throwIfNoEntry: false }) === undefined) return;
  const there = linkAt(place);
  if (there?.store === link.store && there.line === link.line) return;
  refuseLink(place, there);
}

function refuseLink(place: string, there = linkAt(place)): never {
  const what = there ? `links to ${there.store}, line ${there.line}` : 'is there already';
  throw new VaultError('REFUSED', `${place} ${what}; nothing was changed`, {
    hint: 'move it away first, or take snapshots in the vault it belongs to',
    subject: place,
  });
}

function linkAt(place: string): Link | undefined {
  try {
    return readLink(place);
  } catch {
    return undefined;
  }
}

/**
 * Whole or not at all: half a link would be refused from then on, by `init` too. Written under its own name, not aside: the kept folder's
 * file system may have no hard links, and a rename would replace what another `init` has made.
 */
function writeLink(place: string, link: Link): void {
  try {
    const fd = openSync(place, 'wx', 0o644);
    try {
      writeFileSync(fd, formatLink(link));
      fsyncSync(fd);
    } catch (error) {
      rmSync(place);
      throw error;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw ioError(error, 'write', place);
    checkLinkPlace(place, link); // It was not there before: another `init` was as fast.
  }
}

/** Operands that are paths, or revisions, or either. */
import { lstatSync } from 'node:fs';
import {
  isRevision,
  type Repository,
  type Resolved,
  type ResolveOptions,
  resolve,
  splitPath,
  VaultError,
} from '../../index.ts';
import { bytesOf } from '../paths/argv.ts';
import { currentFolder } from '../paths/current-folder.ts';
import { pathInside } from '../paths/inside.ts';
import { resolveBytes } from '../paths/path-bytes.ts';
import { quote } from '../text/quoting.ts';

export interface Operands {
  revisions: Buffer[];
  /** from the vault's folder; empty for the folder itself */
  paths: Buffer[];
  /** the current folder's names from the vault's folder, for `X:./path`; absent when it lies elsewhere */
  here?: Buffer[];
}

export interface OperandOptions {
  /** all operands, as the parser gave them */
  operands: readonly string[];
  /** those behind `--`; undefined without one */
  afterDashes: readonly string[] | undefined;
  /** the first ones may be revisions, so many at most */
  mostRevisions: number;
  /** whether a path that is not on disk is meant all the same */
  isKnown?: (path: Buffer) => Promise<boolean>;
}

/** The operands that can only be files, to look for the vault from: those behind `--`, else those that are there. */
export function fileOperands({
  operands,
  afterDashes,
}: Pick<OperandOptions, 'operands' | 'afterDashes'>): string[] {
  return afterDashes ? [...afterDashes] : operands.filter((operand) => isDots(operand) || isThere(operand));
}

/**
 * Tells revisions from paths, as git does: what is behind `--` is a path and what is before it a revision. Without `--`
 * the first operands that name a revision are revisions, all others paths, which must be on disk or known.
 * @throws USAGE for what is both and for too many revisions, NOT_FOUND for what is neither, BAD_PATH
 */
export async function splitOperands(vault: Repository, options: OperandOptions): Promise<Operands> {
  const { operands, afterDashes, mostRevisions } = options;
  const here = hereIn(vault);
  const resolving = here ? { here } : {};
  if (afterDashes) {
    const before = operands.slice(0, operands.length - afterDashes.length);
    if (before.length > mostRevisions) throw tooMany(before[mostRevisions]!);
    return { revisions: before.map(bytesOf), paths: pathsInVault(vault, afterDashes), ...resolving };
  }
  const revisions: string[] = [];
  for (const operand of operands.slice(0, mostRevisions)) {
    if (isDots(operand) || !(await isRevision(vault, bytesOf(operand), resolving))) break;
    if (isThere(operand)) throw both(operand);
    revisions.push(operand);
  }
  const paths = operands.slice(revisions.length);
  for (const operand of paths) {
    if (isThere(operand) || (await options.isKnown?.(pathsInVault(vault, [operand])[0]!))) continue;
    throw neither(operand);
  }
  return { revisions: revisions.map(bytesOf), paths: pathsInVault(vault, paths), ...resolving };
}

/** Operands as paths from the vault's folder; in a bare store from the root of its snapshots. @throws BAD_PATH */
export function pathsInVault(vault: Repository, operands: readonly string[]): Buffer[] {
  return operands.map((operand) => pathInVault(vault, bytesOf(operand)));
}

/** The same of one, given as bytes. @throws BAD_PATH */
export function pathInVault({ root }: Repository, given: Buffer): Buffer {
  const path = resolveBytes(root === undefined ? Buffer.from('/') : currentFolder(), given);
  const inside = root === undefined ? path.subarray(1) : pathInside(path, root);
  if (inside) return inside;
  throw new VaultError('BAD_PATH', `${quote(path)} lies outside ${quote(root!)}, the folder of the vault`, {
    hint: 'name paths of one vault, or the vault with --vault',
    subject: quote(path),
  });
}

/** The current folder's names from the vault's folder; undefined when it lies elsewhere. */
export function hereIn({ root }: Repository): Buffer[] | undefined {
  const path = root && pathInside(currentFolder(), root);
  return path && splitPath(path);
}

/** What a revision names, with `X:./path` from the current folder. @throws as `resolve` */
export function resolveHere(
  vault: Repository,
  revision: string | Buffer,
  options: Omit<ResolveOptions, 'here'> = {},
): Promise<Resolved> {
  const here = hereIn(vault);
  const text = typeof revision === 'string' ? bytesOf(revision) : revision;
  return resolve(vault, text, { ...options, ...(here && { here }) });
}

/** `.` and `..` are folders, although `..` could be read as a range. */
function isDots(operand: string): boolean {
  return /^\.{1,2}(\/|$)/.test(operand);
}

function isThere(operand: string): boolean {
  try {
    lstatSync(resolveBytes(currentFolder(), bytesOf(operand)));
    return true;
  } catch {
    return false;
  }
}

function tooMany(operand: string): VaultError {
  return new VaultError('USAGE', `${operand} is one revision too many`, { hint: 'name files behind --' });
}

function both(operand: string): VaultError {
  return new VaultError('USAGE', `${operand} is both a revision and a file`, {
    hint: `write "-- ${operand}" for the file, "${operand} --" for the revision`,
    subject: operand,
  });
}

function neither(operand: string): VaultError {
  return new VaultError('NOT_FOUND', `${operand} names neither a snapshot nor a file that is here`, {
    hint: `for a file that is gone write "-- ${operand}"; "vault log" lists the snapshots`,
    subject: operand,
  });
}

/**
 * The renames of one promotion: each change made, resumed after a crash, or taken back, from where its two identities lie.
 */
import { isVaultError, VaultError } from '../../../errors.ts';
import { Kind } from '../../../objects/model.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { Change, Identity, Promotion } from '../journal/journal.ts';
import { below, lstatOrNone, parentOf } from '../place/paths.ts';
import { Reach } from '../place/reach.ts';
import { removeIfEmpty } from '../place/remove.ts';

const OWNER_WRITES = 0o200;

export class Promoter {
  readonly #platform: Platform;
  readonly #promotion: Promotion;
  readonly #there: Reach;
  readonly #staged: Reach;
  readonly #previous: Reach;
  readonly #syncsAll: boolean;
  /** after a crash, and perhaps a reboot since: file systems may have other numbers, and somebody may have worked there */
  readonly #resumes: boolean;
  /** the destination itself is what is changed, by a single change */
  #isWhole = false;
  /** the change that was not begun since something was not as it was planned: nothing of it is to be taken back */
  #refused: Buffer | undefined;

  /** @param options.syncsAll not folder by folder, where there is another way */
  constructor(
    platform: Platform,
    promotion: Promotion,
    options: { syncsAll?: boolean; resumes?: boolean } = {},
  ) {
    const { syncsAll = false, resumes = false } = options;
    this.#platform = platform;
    this.#promotion = promotion;
    this.#resumes = resumes;
    this.#syncsAll = syncsAll && platform.abilities.syncFileSystem;
    const syncs = !this.#syncsAll;
    this.#there = new Reach(platform, promotion.destination, { syncs });
    this.#staged = new Reach(platform, promotion.staged);
    this.#previous = new Reach(platform, promotion.previous, { syncs, makes: true });
  }

  /** Makes a change. @throws REFUSED when something is no longer as it was planned */
  take({ type, path, fresh, old }: Change): void {
    this.#isWhole ||= path.length === 0;
    const there = this.#there.at(path);
    if (type !== 'create' && !this.#isStill(there, old)) throw this.#refuse(path);
    if (type === 'remove') {
      this.#keep(there, path);
      return;
    }
    const staged = this.#find(this.#staged, path);
    if (staged === undefined || !this.#isStill(staged, fresh)) throw this.#refuse(path);
    if (type === 'create') this.#move(staged, there);
    else this.#replace(staged, there, path);
  }

  /** Makes what is left of a change. */
  resume({ type, path, fresh, old }: Change): void {
    this.#isWhole ||= path.length === 0;
    const there = this.#find(this.#there, path);
    if (type === 'remove') {
      if (there && this.#isStill(there, old) && !this.#isKept(path, old)) this.#keep(there, path);
      return;
    }
    const staged = this.#find(this.#staged, path);
    if (!staged || !this.#exists(staged)) return;
    // Exchanged, and not kept yet.
    if (!this.#isStill(staged, fresh)) this.#keep(staged, path);
    else if (!there) return;
    else if (!this.#exists(there)) this.#move(staged, there);
    else if (type === 'replace' && !this.#isKept(path, old)) this.#replace(staged, there, path);
  }

  /** Whether a change has been made. */
  isMade({ type, path, fresh, old }: Change): boolean {
    if (this.#promotion.byPlace && type !== 'create') return this.#isKept(path, old);
    const at = this.#find(fresh ? this.#there : this.#previous, path);
    return at !== undefined && this.#isStill(at, fresh ?? old);
  }

  /** Takes a change back that was made, or begun, or not made at all. */
  takeBack({ type, path, fresh, old }: Change): void {
    if (this.#refused?.equals(path)) return;
    const there = this.#there.at(path);
    if (type === 'create') {
      if (this.#isTaken(there, path, fresh)) this.#move(there, this.#staged.at(path));
      return;
    }
    const previous = this.#find(this.#previous, path);
    const isKept = previous !== undefined && this.#isStill(previous, old);
    if (type === 'remove') {
      if (isKept) this.#move(previous, there);
      return;
    }
    const staged = this.#staged.at(path);
    if (this.#promotion.exchange) {
      if (isKept) this.#move(previous, staged);
      if (this.#is(there, fresh)) this.#exchange(staged, there);
      return;
    }
    if (this.#isTaken(there, path, fresh)) this.#move(there, staged);
    if (isKept) this.#move(previous, there);
  }

  /** Anything of any change has happened: after a power loss, which may keep a later one alone, not only of the first. */
  hasBegun(changes: Iterable<Change>): boolean {
    const kept = new Reach(this.#platform, this.#promotion.previous);
    const isAt = (reach: Reach, path: Buffer, identity: Identity | undefined) => {
      const at = this.#find(reach, path);
      return at !== undefined && this.#isStill(at, identity);
    };
    try {
      for (const { path, fresh, old } of changes) {
        if (fresh && !isAt(this.#staged, path, fresh)) return true;
        if (old && isAt(kept, path, old)) return true;
      }
      return false;
    } finally {
      kept.close();
    }
  }

  /** The renames outlive a power loss. Only folders that were changed are synced: others need not be ours to open. */
  settle(): void {
    const platform = this.#platform;
    const { destination, previous, missing } = this.#promotion;
    for (const reach of [this.#there, this.#staged, this.#previous]) reach.settle();
    const named = this.#isWhole ? [...missing, destination] : [];
    if (lstatOrNone(platform, previous)) named.push(previous);
    for (const path of named) platform.fsyncDirectory(parentOf(path));
    if (!this.#syncsAll || this.#isWhole || lstatOrNone(platform, destination)?.kind !== Kind.dir) return;
    const fd = platform.openFolder(destination);
    try {
      platform.syncFileSystem(fd);
    } finally {
      platform.close(fd);
    }
  }

  /** Removes the folders that were made and are empty. */
  removeMade(): void {
    for (const folder of this.#previous.made.reverse()) removeIfEmpty(this.#platform, folder);
    for (const folder of this.#promotion.missing.toReversed()) removeIfEmpty(this.#platform, folder);
  }

  close(): void {
    for (const reach of [this.#there, this.#staged, this.#previous]) reach.close();
  }

  #keep(from: Buffer, path: Buffer): void {
    this.#move(from, this.#previous.at(path));
  }

  #replace(staged: Buffer, there: Buffer, path: Buffer): void {
    if (this.#promotion.exchange) {
      this.#exchange(staged, there);
      this.#keep(staged, path);
    } else {
      this.#keep(there, path);
      this.#move(staged, there);
    }
  }

  /** Undefined where a folder on the way is gone: with it, all that was in it. */
  #find(reach: Reach, path: Buffer): Buffer | undefined {
    try {
      return reach.at(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT') || (this.#resumes && isVaultError(error, 'REFUSED'))) return undefined;
      throw error;
    }
  }

  /** What lies at one of the two places where it may be. */
  #isStill(path: Buffer, identity: Identity | undefined): boolean {
    return this.#promotion.byPlace ? this.#exists(path) : this.#is(path, identity);
  }

  #isKept(path: Buffer, old: Identity | undefined): boolean {
    const previous =
      lstatOrNone(this.#platform, this.#promotion.previous) && this.#find(this.#previous, path);
    return previous !== undefined && this.#isStill(previous, old);
  }

  /** What was staged is at its place. Where only places tell: it is no longer in the stage. */
  #isTaken(there: Buffer, path: Buffer, fresh: Identity | undefined): boolean {
    if (!this.#promotion.byPlace) return this.#is(there, fresh);
    return this.#exists(there) && !this.#exists(this.#staged.at(path));
  }

  #refuse(path: Buffer): VaultError {
    this.#refused = path;
    return changed(this.#promotion, path);
  }

  #is(path: Buffer, identity: Identity | undefined): boolean {
    const stat = lstatOrNone(this.#platform, path);
    if (!identity || stat?.ino !== identity.ino) return false;
    return this.#resumes || stat.dev === identity.dev;
  }

  #exists(path: Buffer): boolean {
    return lstatOrNone(this.#platform, path) !== undefined;
  }

  #move(from: Buffer, to: Buffer): void {
    rename(this.#platform, from, to, () => this.#platform.renameNoReplace(from, to));
  }

  #exchange(a: Buffer, b: Buffer): void {
    rename(this.#platform, a, b, () => this.#platform.exchange(a, b));
  }
}

/** rename(2) asks for the right to write to a folder that moves, for its `..`: who has none gets it for the while. */
function rename(platform: Platform, from: Buffer, to: Buffer, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
    const modes = [from, to].map((path) => unlock(platform, path));
    try {
      act();
      modes.reverse();
    } finally {
      lock(platform, from, modes[0]);
      lock(platform, to, modes[1]);
    }
  }
}

/** The mode that a folder had, if it had to be changed. */
function unlock(platform: Platform, path: Buffer): number | undefined {
  const stat = lstatOrNone(platform, path);
  if (stat?.kind !== Kind.dir || (stat.mode & OWNER_WRITES) !== 0) return undefined;
  platform.chmod(path, stat.mode | OWNER_WRITES);
  return stat.mode;
}

function lock(platform: Platform, path: Buffer, mode: number | undefined): void {
  if (mode !== undefined) platform.chmod(path, mode);
}

function changed({ destination }: Promotion, path: Buffer): VaultError {
  const name = below(destination, path).toString();
  return new VaultError('REFUSED', `${name} was changed meanwhile; nothing was changed`, {
    subject: name,
    hint: 'restore again',
  });
}

/** Decides about one name after the other, as the walk meets them. */
import { type Entry, Kind } from '../../../objects/model.ts';
import { joinPath } from '../../../objects/names.ts';
import { lookupEntry } from '../../../objects/tree.ts';
import type { Stat } from '../../../platform/platform.ts';
import type { Id } from '../../../store/id.ts';
import { siblingName } from '../place/names.ts';
import { lstatOrNone, sameFile } from '../place/paths.ts';
import { Choice, Choices } from './choices.ts';
import { Conflicts } from './conflicts.ts';
import { countEntry, nothingPlanned } from './counts.ts';
import { FolderOutline } from './outline.ts';
import type { Planned, PlanOptions } from './plan.ts';
import { SameFiles } from './same.ts';
import type { Chosen } from './selection.ts';
import type { Visit } from './walk.ts';

interface Frame {
  path: Buffer;
  /** as recorded */
  tree: Id;
  chosen: Chosen | undefined;
  /** its place among the choices */
  place: number;
  /** `new`: nothing is there */
  where: 'new' | 'there';
  /** what happens to the folder itself; undefined where it is there and stays */
  action: 'create' | 'replace' | 'beside' | undefined;
  old: Stat | undefined;
  /** something in it is written, or it is chosen itself */
  used: boolean;
  /** names of copies beside what is there, from earlier restores, which stay (latin1); undefined: none */
  copies?: Set<string>;
}

type Step = 'skip' | undefined;

export class Planner {
  readonly #options: PlanOptions;
  readonly #choices: Choices | undefined;
  readonly #outline = new FolderOutline();
  readonly #same: SameFiles | undefined;
  readonly #frames: Frame[] = [];
  readonly #plan = nothingPlanned();
  readonly #conflicts = new Conflicts();
  /** names of the destination that give way, and that nothing recorded was met for yet (latin1) */
  readonly #replaced: Set<string>;

  constructor(options: PlanOptions) {
    const { replaced } = options;
    this.#options = options;
    this.#replaced = new Set(
      typeof replaced === 'object' ? replaced.names.map((name) => name.toString('latin1')) : [],
    );
    if (options.chooser || options.existing) this.#choices = new Choices();
    if (options.existing) this.#same = new SameFiles();
  }

  visit(visit: Visit): Step | Promise<Step> {
    if (visit.type === 'leave') return this.#leave(visit.entry);
    if (visit.type === 'enter' && !this.#choices) this.#outline.add(visit.entry.name, this.#frames.length);
    const above = this.#frames.at(-1);
    if (!above) return this.#enterRoot(visit.entry);
    const { entry } = visit;
    const chosen = this.#choose(above, entry);
    if (chosen === 'no') return this.#omit(entry);
    const { whole, state } = chosen;
    const path = joinPath(above.path, entry.name);
    if (above.where === 'there') return this.#meet(path, entry, whole, state);
    const isReplaced = this.#frames.length === 1 && this.#replaced.delete(entry.name.toString('latin1'));
    const action = isReplaced ? 'replace' : undefined;
    return this.#write(path, entry, Choice.take, whole, state, action, undefined);
  }

  finish(): Planned {
    this.#finishChoosing();
    this.#removeRest();
    this.#conflicts.assertNone(this.#options.existing?.policy);
    return { plan: this.#plan, choices: this.#choices, outline: this.#outline, same: this.#same };
  }

  /** Something that was chosen may be among the names that cannot be read: that is told before it is called absent. */
  #finishChoosing(): void {
    const { chooser, lost } = this.#options;
    try {
      chooser?.finish();
    } catch (error) {
      for (const folder of lost ?? []) throw folder.error;
      throw error;
    }
  }

  #choose(above: Frame, entry: Entry): 'no' | { whole: boolean; state: Chosen | undefined } {
    const { chooser } = this.#options;
    if (!chooser) return { whole: true, state: undefined };
    const found = chooser.choose(above.chosen!, entry.name, entry.kind);
    return found ? { whole: found.whole, state: found.chosen } : 'no';
  }

  #omit(entry: Entry): Step {
    this.#choices!.push(Choice.omit);
    return entry.kind === Kind.dir ? 'skip' : undefined;
  }

  #enterRoot(entry: Entry): Step {
    const { chooser, existing } = this.#options;
    const state = chooser?.top;
    const path = Buffer.alloc(0);
    if (entry.kind !== Kind.dir)
      return this.#write(path, entry, Choice.take, true, state, this.#wholeAction, undefined);
    const place = this.#choices?.push(existing ? Choice.pass : Choice.take) ?? 0;
    const where = existing ? 'there' : 'new';
    const { id: tree } = entry;
    const frame = { path, tree, chosen: state, place, where, action: undefined, old: undefined } as const;
    this.#frames.push({ ...frame, used: true });
    if (!existing) this.#count(entry);
    return undefined;
  }

  /** Something to be written under a name that is free, or to be freed. */
  #write(
    path: Buffer,
    entry: Entry,
    choice: Choice,
    used: boolean,
    chosen: Chosen | undefined,
    action: Frame['action'],
    old: Stat | undefined,
  ): Step {
    const place = this.#choices?.push(choice) ?? 0;
    if (entry.kind === Kind.dir) {
      this.#frames.push({ path, tree: entry.id, chosen, place, where: 'new', action, old, used });
      return undefined;
    }
    this.#settle(path, entry, action, old);
    const above = this.#frames.at(-1);
    if (above) above.used = true;
    return undefined;
  }

  /** A name of a folder that is there. */
  #meet(path: Buffer, entry: Entry, whole: boolean, chosen: Chosen | undefined): Step | Promise<Step> {
    const existing = this.#options.existing!;
    const stat = existing.look(entry.name);
    if (!stat) return this.#write(path, entry, Choice.take, whole, chosen, 'create', undefined);
    if (stat.kind === Kind.dir && entry.kind === Kind.dir) {
      return this.#pass(path, entry, entry.name, Choice.pass, chosen, stat);
    }
    return this.#compare(path, entry, whole, chosen, stat);
  }

  /** A folder that is there, and gets what is in the recorded one. @param name what it is called there */
  #pass(
    path: Buffer,
    { id: tree }: Entry,
    name: Buffer,
    choice: Choice,
    chosen: Chosen | undefined,
    old: Stat,
  ): Step {
    this.#options.existing!.enter(name);
    const place = this.#choices!.push(choice);
    this.#frames.push({ path, tree, chosen, place, where: 'there', action: undefined, old, used: false });
    return undefined;
  }

  async #compare(
    path: Buffer,
    entry: Entry,
    whole: boolean,
    chosen: Chosen | undefined,
    stat: Stat,
  ): Promise<Step> {
    const existing = this.#options.existing!;
    const difference = await existing.compare(entry, stat);
    if (difference === 'none') {
      this.#tellApart(path, entry, stat);
      this.#same!.add({ entry, path, stat });
      return this.#leaveAlone(path, entry, 'same');
    }
    switch (existing.judge(entry, stat, difference)) {
      case 'replace':
        existing.checkMovable(entry.name);
        return this.#write(path, entry, Choice.take, whole, chosen, 'replace', stat);
      case 'beside':
        return this.#writeBeside(path, entry, whole, chosen);
      case 'conflict':
        return this.#conflict(path, entry);
      default:
        this.#same!.add({ entry, path, stat: undefined });
        return this.#leaveAlone(path, entry, difference === 'metadata' ? 'same' : 'keep');
    }
  }

  /** Two names that are as they were recorded, but for being one file, stay apart: where no links can be made, each merge would write them anew. */
  #tellApart(path: Buffer, entry: Entry, stat: Stat): void {
    const other = this.#same!.find(entry)?.stat;
    if (other && !sameFile(other, stat)) this.#options.onApart?.(path);
  }

  async #writeBeside(path: Buffer, entry: Entry, whole: boolean, chosen: Chosen | undefined): Promise<Step> {
    const existing = this.#options.existing!;
    const above = this.#frames.at(-1)!;
    const name = siblingName(entry.name, entry);
    const copy = joinPath(above.path, name);
    const recorded = await lookupEntry(this.#options.reader, above.tree, name);
    if (recorded && this.#choose(above, recorded) !== 'no') {
      // The name is taken: by the same content, which then is restored as that.
      const isSame = recorded.kind === entry.kind && recorded.id.equals(entry.id);
      return isSame ? this.#leaveAlone(path, entry, 'keep') : this.#conflict(copy, entry);
    }
    const stat = existing.look(name);
    if (!stat) return this.#write(copy, entry, Choice.beside, whole, chosen, 'beside', undefined);
    above.copies ??= new Set();
    above.copies.add(name.toString('latin1'));
    if (stat.kind === Kind.dir && entry.kind === Kind.dir) {
      return this.#pass(copy, entry, name, Choice.passBeside, chosen, stat);
    }
    const difference = await existing.compare({ ...entry, name }, stat);
    return difference === 'content' ? this.#conflict(copy, entry) : this.#leaveAlone(copy, entry, 'same');
  }

  #leaveAlone(path: Buffer, entry: Entry, action: 'same' | 'keep' | 'conflict'): Step {
    if (action !== 'conflict') this.#plan.actions[action]++;
    this.#options.onName?.(path, entry, action);
    return this.#omit(entry);
  }

  #conflict(path: Buffer, entry: Entry): Step {
    this.#conflicts.add(path);
    return this.#leaveAlone(path, entry, 'conflict');
  }

  #leave(entry: Entry): Step | Promise<Step> {
    const frame = this.#frames.pop()!;
    if (frame.where === 'there') return this.#leaveExisting(frame, entry);
    if (!frame.used) {
      this.#choices!.omit(frame.place);
      return undefined;
    }
    const above = this.#frames.at(-1);
    if (above) above.used = true;
    if (above) this.#settle(frame.path, entry, frame.action, frame.old);
    else this.#settleRoot(frame.path, entry);
    return undefined;
  }

  async #leaveExisting(frame: Frame, entry: Entry): Promise<Step> {
    const { existing, deletes } = this.#options;
    if (deletes) await this.#delete(frame, entry);
    const above = this.#frames.at(-1);
    if (!above) return undefined;
    existing!.leave();
    if (frame.used) above.used = true;
    else this.#choices!.omit(frame.place);
    return undefined;
  }

  async #delete({ path, chosen, copies }: Frame, entry: Entry): Promise<void> {
    const { chooser, existing, onChange, onName } = this.#options;
    for await (const { name, stat } of existing!.extras(entry)) {
      // What the selection leaves out is none of our business, nor is a folder of which it takes a part.
      if (chooser && !chooser.choose(chosen!, name, stat.kind)?.whole) continue;
      if (copies?.has(name.toString('latin1'))) continue;
      existing!.checkMovable(name);
      const full = joinPath(path, name);
      this.#plan.actions.delete++;
      onName?.(full, { name, kind: stat.kind, id: entry.id, mode: stat.mode }, 'delete');
      onChange?.({ type: 'remove', path: full, fresh: undefined, old: identityOf(stat) });
    }
  }

  get #wholeAction(): 'replace' | undefined {
    return this.#options.replaced === 'whole' ? 'replace' : undefined;
  }

  /** The folder that is restored: counted as it was met, and among the actions only where something gives way to it. */
  #settleRoot(path: Buffer, entry: Entry): void {
    const action = this.#wholeAction;
    if (action) this.#plan.actions[action]++;
    this.#options.onName?.(path, entry, action ?? 'create');
  }

  /** Where names are exchanged one by one, those that were not recorded go. */
  #removeRest(): void {
    const { replaced, platform, root, onName } = this.#options;
    if (typeof replaced !== 'object') return;
    for (const text of this.#replaced) {
      const name = Buffer.from(text, 'latin1');
      const stat = lstatOrNone(platform, joinPath(replaced.folder, name));
      if (!stat) continue;
      this.#plan.actions.delete++;
      onName?.(name, { name, kind: stat.kind, id: root.id, mode: stat.mode }, 'delete');
    }
  }

  /** A name is written: counts it, and says what that changes. */
  #settle(path: Buffer, entry: Entry, action: Frame['action'], old: Stat | undefined): void {
    const { onName, onChange } = this.#options;
    this.#count(entry);
    onName?.(path, entry, action ?? 'create');
    this.#plan.actions[action ?? 'create']++;
    if (!action) return;
    const type = action === 'replace' ? 'replace' : 'create';
    onChange?.({ type, path, fresh: undefined, old: old && identityOf(old) });
  }

  #count(entry: Entry): void {
    countEntry(this.#plan, entry);
    if (entry.kind === Kind.file) this.#options.onBytes?.(entry.size ?? 0);
  }
}

function identityOf({ dev, ino }: Stat): { dev: number; ino: number | bigint } {
  return { dev, ino };
}

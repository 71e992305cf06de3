/**
 * What the groups of work share: the run's settings, and how one figure is taken.
 */
import { existsSync, mkdirSync, renameSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, machineBusy, measure, run } from '../measure.ts';
import { add, type Results } from '../results.ts';
import type { Place, Tool } from '../tools/tool.ts';

const IDLE_CORES = 0.1;
/** Free bytes that are left alone. */
const ROOM = 16e9;

export interface Settings {
  work: string;
  runs: number;
  quick: boolean;
  tree: string | undefined;
  next: string | undefined;
  largeMB: number;
  /** drop the page cache before each figure (needs root) */
  cold: boolean;
  /** seconds to wait, at most, for the machine to be idle before each figure */
  calm: number;
}

export class Context {
  readonly settings: Settings;
  readonly tools: Tool[];
  readonly results: Results;
  #discarded = 0;

  constructor(settings: Settings, tools: Tool[], results: Results) {
    this.settings = settings;
    this.tools = tools;
    this.results = results;
  }

  /** Does a part of the work with one tool; a tool that fails loses the rest of this part, not the run. */
  async attempt(tool: Tool, part: () => Promise<void> | void): Promise<void> {
    try {
      await part();
    } catch (error) {
      this.say(`${tool.name}: ${(error as Error).message}`);
    }
  }

  /**
   * Measures one command and records it.
   * @param reads a folder that the command reads: read once before, since kernels take back cached pages of files by and by (DAMON)
   */
  async take(row: string, tool: string, command: Command, reads?: string): Promise<void> {
    // What earlier commands left to be written must not slow this one.
    run({ argv: ['sync', '-f', this.settings.work] });
    if (this.settings.cold) writeFileSync('/proc/sys/vm/drop_caches', '3');
    else if (reads !== undefined) readAll(reads);
    await this.#idle();
    const sample = await measure(command);
    add(this.results.rows, row, tool, sample);
    this.say(`${tool.padEnd(9)} ${row.padEnd(34)} ${sample.wall.toFixed(3)} s`);
  }

  /** Records how many bytes the files of a repository have. */
  stored(row: string, tool: string, repo: string): void {
    add(this.results.sizes, row, tool, bytesBelow(repo));
  }

  /** A tool's empty repository and private folder. */
  fresh(tool: Tool, group: string, source: string): Place {
    const place = this.place(tool, group, source);
    this.#remove(place.repo);
    this.#remove(place.home);
    mkdirSync(place.home, { recursive: true });
    for (const command of tool.init?.(place) ?? []) run(command);
    return place;
  }

  place(tool: Tool, group: string, source: string): Place {
    const base = join(this.settings.work, group);
    return { source, repo: join(base, `${tool.name}.repo`), home: join(base, `${tool.name}.home`) };
  }

  discard(place: Place): void {
    for (const path of [place.repo, place.home, join(place.source, '.vault')]) this.#remove(path);
  }

  /**
   * Measures a restore into a new folder, checks that all files are there, and puts them aside.
   * @param removes removes them at once, for those who measure what that does to the next
   */
  async restore(
    row: string,
    tool: Tool,
    place: Place,
    revision: string,
    dest: string,
    removes = false,
  ): Promise<void> {
    this.#remove(dest);
    mkdirSync(dest, { recursive: true });
    await this.take(row, tool.name, tool.restore!(place, revision, dest), place.repo);
    const [wanted, found] = [countFiles(place.source), countFiles(dest)];
    if (found !== wanted) this.say(`${tool.name}: ${row}: ${found} files instead of ${wanted}`);
    if (removes) run({ argv: ['rm', '-rf', dest] });
    else this.#remove(dest);
  }

  /**
   * Puts a path aside until the run ends, while there is room: creating files on an ext4 without a journal takes
   * several times as long for minutes after others were removed.
   */
  #remove(path: string): void {
    if (!existsSync(path)) return;
    const { work } = this.settings;
    const { bavail, bsize } = statfsSync(work);
    if (bavail * bsize < ROOM || !path.startsWith(work)) {
      run({ argv: ['rm', '-rf', path] });
      return;
    }
    mkdirSync(join(work, 'trash'), { recursive: true });
    renameSync(path, join(work, 'trash', `${process.pid}-${this.#discarded++}`));
  }

  /** Ends the run. */
  clean(): void {
    run({ argv: ['rm', '-rf', join(this.settings.work, 'trash')] });
  }

  say(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  async #idle(): Promise<void> {
    const end = Date.now() + this.settings.calm * 1000;
    while (Date.now() < end) {
      const before = machineBusy();
      await sleep(500);
      if ((machineBusy() - before) / 0.5 < IDLE_CORES) return;
    }
  }
}

/** Reads all files below a folder. Not straight into /dev/null: tar would know, and read nothing. */
export function readAll(root: string): void {
  run({ argv: ['sh', '-c', 'tar -C "$0" -cf - . | cat >/dev/null', root] });
}

function countFiles(root: string): number {
  const found = run({
    argv: ['find', root, '-type', 'f', '!', '-path', join(root, '.vault'), '-printf', '.'],
  });
  return found.length;
}

function bytesBelow(root: string): number {
  const sizes = run({ argv: ['find', root, '-type', 'f', '-printf', '%s\\n'] });
  return sizes.split('\n').reduce((sum, size) => sum + Number(size), 0);
}

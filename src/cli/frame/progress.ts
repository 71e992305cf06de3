/**
 * Progress on standard error: one line that is rewritten on a terminal, or JSON lines for programs. By ourselves: the
 * libraries for it (cli-progress, ora, log-update) cost 5 to 15 ms of start-up and draw through `process.stderr`.
 */
import type { Progress, ProgressPhase, ProgressTotal } from '../../index.ts';
import { columnsOf } from '../text/colour.ts';
import { formatCounted, formatDuration, formatSize } from '../text/format.ts';
import { jsonLine } from '../text/json.ts';
import { say } from './output.ts';

/** Nothing is shown of what is over sooner. */
const QUIET_START_MS = 400;
const REDRAW_MS = 100;
const JSON_MS = 250;
/** The clock is looked at once in so many files: a look costs more than counting. */
const FILES_PER_LOOK = 64;
/** An estimate from less than this share of the work is a guess. */
const ETA_FROM = 0.02;

export interface ProgressDisplay extends Progress {
  /** Makes room for a message; the next update draws again. */
  clear(): void;
  close(): void;
}

export interface ProgressOptions {
  how: 'auto' | 'json' | 'none';
  /** `-q` */
  quiet: boolean;
  onWarning(message: string): void;
}

export function createProgress({ how, quiet, onWarning }: ProgressOptions): ProgressDisplay {
  if (how === 'json') return new Display(new JsonLines(), JSON_MS, 0, onWarning);
  const canRewrite = process.env.TERM !== 'dumb';
  const columns = how === 'none' || quiet || !canRewrite ? undefined : columnsOf(2);
  if (columns === undefined) return new Display(undefined, Number.POSITIVE_INFINITY, 0, onWarning);
  return new Display(new TerminalLine(columns), REDRAW_MS, QUIET_START_MS, onWarning);
}

/** What is known at one moment. */
export interface ProgressState {
  phase: ProgressPhase;
  total: ProgressTotal;
  files: number;
  unchanged: number;
  bytes: number;
  newBytes: number;
  /** since the phase began */
  elapsedMs: number;
}

interface Renderer {
  draw(state: ProgressState): void;
  clear(): void;
}

class Display implements ProgressDisplay {
  readonly #renderer: Renderer | undefined;
  readonly #intervalMs: number;
  readonly #onWarning: (message: string) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #state: ProgressState | undefined;
  #phaseBegan = 0;
  #nextDraw: number;
  #untilLook = FILES_PER_LOOK;

  constructor(
    renderer: Renderer | undefined,
    intervalMs: number,
    delayMs: number,
    onWarning: (message: string) => void,
  ) {
    this.#renderer = renderer;
    this.#intervalMs = intervalMs;
    this.#onWarning = onWarning;
    this.#nextDraw = performance.now() + delayMs;
    // The work may make us wait long between two files.
    if (renderer !== undefined) this.#timer = setInterval(() => this.#look(), intervalMs).unref();
  }

  phase(phase: ProgressPhase, total: ProgressTotal = {}): void {
    this.#drawLast();
    this.#phaseBegan = performance.now();
    this.#state = { phase, total, files: 0, unchanged: 0, bytes: 0, newBytes: 0, elapsedMs: 0 };
  }

  file(bytes: number, unchanged: boolean): void {
    const state = this.#state;
    if (state === undefined) return;
    state.files++;
    state.bytes += bytes;
    if (unchanged) state.unchanged++;
    if (--this.#untilLook <= 0) this.#look();
  }

  stored(newBytes: number): void {
    if (this.#state !== undefined) this.#state.newBytes += newBytes;
  }

  warn(message: string): void {
    this.#onWarning(message);
  }

  clear(): void {
    this.#renderer?.clear();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#drawLast();
    this.#state = undefined;
    this.clear();
  }

  #look(): void {
    this.#untilLook = FILES_PER_LOOK;
    const now = performance.now();
    if (now < this.#nextDraw || this.#state === undefined) return;
    this.#nextDraw = now + this.#intervalMs;
    this.#draw(now);
  }

  #draw(now: number): void {
    if (this.#state === undefined) return;
    this.#state.elapsedMs = now - this.#phaseBegan;
    this.#renderer?.draw(this.#state);
  }

  /** A phase's end is told to programs; on a terminal the next phase or the result follows at once. */
  #drawLast(): void {
    if (this.#renderer instanceof JsonLines) this.#draw(performance.now());
  }
}

class JsonLines implements Renderer {
  draw({ phase, total, files, unchanged, bytes, newBytes, elapsedMs }: ProgressState): void {
    const line = {
      type: 'progress',
      phase,
      files,
      unchanged,
      bytes,
      new_bytes: newBytes,
      ...(total.files !== undefined && { total_files: total.files }),
      ...(total.bytes !== undefined && { total_bytes: total.bytes }),
      ...(total.estimated && { estimated: true }),
      elapsed_ms: Math.round(elapsedMs),
    };
    say(jsonLine(line));
  }

  clear(): void {}
}

class TerminalLine implements Renderer {
  readonly #columns: number;
  #shown = false;

  constructor(columns: number) {
    this.#columns = columns;
  }

  draw(state: ProgressState): void {
    this.#shown = true;
    say(`\r${progressText(state).slice(0, this.#columns - 1)}\u001b[K`);
  }

  clear(): void {
    if (this.#shown) say('\r\u001b[K');
    this.#shown = false;
  }
}

const VERBS: Record<ProgressPhase, [verb: string, unit: string]> = {
  index: ['rebuilding the index', 'pack'],
  history: ['reading the history', 'snapshot'],
  scan: ['reading', 'file'],
  commit: ['finishing', 'file'],
  plan: ['planning', 'file'],
  restore: ['restoring', 'file'],
  verify: ['verifying', 'file'],
  check: ['checking', 'object'],
  remove: ['removing', 'file'],
  mark: ['looking for what is alive', 'object'],
  copy: ['copying', 'object'],
};

/** `reading  12,345 files  1.2 GB  310.0 MB/s  new 96.1 MB  45%  3 s left` */
export function progressText({ phase, total, files, bytes, newBytes, elapsedMs }: ProgressState): string {
  const [verb, unit] = VERBS[phase];
  const parts = [verb];
  if (files > 0) parts.push(formatCounted(files, unit));
  if (bytes > 0) parts.push(formatSize(bytes));
  if (bytes > 0 && elapsedMs >= 1000) parts.push(`${formatSize((bytes / elapsedMs) * 1000)}/s`);
  if (newBytes > 0) parts.push(`new ${formatSize(newBytes)}`);
  const done = share(files, bytes, total);
  if (done !== undefined) {
    parts.push(`${Math.floor(done * 100)}%`);
    if (done >= ETA_FROM && elapsedMs >= 1000) {
      parts.push(`${formatDuration((elapsedMs / done) * (1 - done))} left`);
    }
  }
  return parts.join('  ');
}

/** Files and bytes both cost time: the mean of their shares, never the whole before the end. */
function share(files: number, bytes: number, total: ProgressTotal): number | undefined {
  const shares = [
    total.files ? files / total.files : undefined,
    total.bytes ? bytes / total.bytes : undefined,
  ].filter((part) => part !== undefined);
  if (shares.length === 0) return undefined;
  return Math.min(shares.reduce((sum, part) => sum + part, 0) / shares.length, 0.99);
}

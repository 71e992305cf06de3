/**
 * The journal of one run: which process it is, and, before the destination is touched, each step that promotion is
 * about to take. With it the next restore of the same destination can tell a dead run from one that works, and finish
 * what a crash interrupted.
 *
 * Lines of JSON; a torn last line counts for nothing. Paths are base64url of their bytes.
 */
import { fsyncSync } from 'node:fs';
import type { Platform } from '../platform/platform.ts';

/** Bytes of a journal that is read: some 300 a name of the folder that is replaced. */
const MOST_BYTES = 256 * 1024 * 1024;
const READ_BYTES = 64 * 1024;

/** What a run is, and the process that it belongs to. */
export interface RunOwner {
  run: string;
  /** the snapshot, in hex */
  snapshot: string;
  /** base64url of the path in it, and of where it goes */
  path: string;
  destination: string;
  host: string;
  hostId: string;
  bootId: string;
  pid: number;
  startTime: string;
}

/** One rename. Done when what `ino` and `dev` say lies at `to`. */
export interface PromotionStep {
  /** `exchange`: both names exist and swap; `move`: `to` does not exist */
  type: 'exchange' | 'move';
  from: Buffer;
  to: Buffer;
  /** of what goes to `to` */
  dev: number;
  ino: number | bigint;
}

export interface Journal {
  owner: RunOwner | undefined;
  /** undefined until promotion begins */
  steps: PromotionStep[] | undefined;
}

export class JournalWriter {
  readonly #platform: Platform;
  readonly #fd: number;

  /** Creates the journal. */
  constructor(platform: Platform, path: Buffer, owner: RunOwner) {
    this.#platform = platform;
    this.#fd = platform.createFile(path, 0o600);
    this.#append({ type: 'run', schema: 1, ...owner });
  }

  /** Durable when it returns. */
  promote(steps: readonly PromotionStep[]): void {
    this.#append({
      type: 'promote',
      steps: steps.map(({ type, from, to, dev, ino }) => [
        type,
        from.toString('base64url'),
        to.toString('base64url'),
        dev,
        String(ino),
      ]),
    });
    fsyncSync(this.#fd);
  }

  close(): void {
    this.#platform.close(this.#fd);
  }

  #append(line: object): void {
    this.#platform.write(this.#fd, Buffer.from(`${JSON.stringify(line)}\n`));
  }
}

/** What a journal says; nothing where it is missing or was never completed. */
export function readJournal(platform: Platform, path: Buffer): Journal {
  const journal: Journal = { owner: undefined, steps: undefined };
  for (const line of readLines(platform, path)) {
    const { type, steps, ...rest } = line as { type?: string; steps?: unknown[][] };
    if (type === 'run') journal.owner = rest as unknown as RunOwner;
    else if (type === 'promote' && Array.isArray(steps)) journal.steps = steps.map(parseStep);
  }
  return journal;
}

function parseStep(fields: unknown[]): PromotionStep {
  const [type, from, to, dev, ino] = fields as [PromotionStep['type'], string, string, number, string];
  const number = BigInt(ino);
  return {
    type,
    from: Buffer.from(from, 'base64url'),
    to: Buffer.from(to, 'base64url'),
    dev,
    ino: number <= Number.MAX_SAFE_INTEGER ? Number(number) : number,
  };
}

function readLines(platform: Platform, path: Buffer): object[] {
  const fd = platform.openForRead(path);
  const parts: Buffer[] = [];
  try {
    for (let total = 0; total < MOST_BYTES; ) {
      const part = Buffer.allocUnsafe(READ_BYTES);
      const bytes = platform.read(fd, part);
      if (bytes === 0) break;
      parts.push(part.subarray(0, bytes));
      total += bytes;
    }
  } finally {
    platform.close(fd);
  }
  const text = Buffer.concat(parts).toString();
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as object];
    } catch {
      return [];
    }
  });
}

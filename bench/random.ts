/**
 * Deterministic material for the benches: the same seed gives the same bytes on every machine.
 */
import { createCipheriv } from 'node:crypto';

export type Random = () => number;

/** Numbers in [0, 1). Algorithm: mulberry32 (Tommy Ettinger, public domain). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/** Incompressible bytes: the AES-128-CTR key stream of the seed. */
export function noise(seed: number, length: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed >>> 0);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

const WORDS = makeWords(4096);

function makeWords(count: number): string[] {
  const random = seeded(1);
  const syllables = [
    'ker',
    'nel',
    'buf',
    'dev',
    'ret',
    'reg',
    'in',
    'to',
    'al',
    'loc',
    'str',
    'uct',
    'err',
    '_',
    'x',
    'id',
  ];
  return Array.from({ length: count }, () => {
    const parts = 1 + below(random, 4);
    let word = '';
    for (let i = 0; i < parts; i++) word += syllables[below(random, syllables.length)];
    return word;
  });
}

/** A line that looks like source code: common words often, rare words sometimes. */
export function textLine(random: Random): string {
  let line = '\t'.repeat(below(random, 4));
  const words = 2 + below(random, 9);
  for (let i = 0; i < words; i++) {
    line += WORDS[Math.floor(random() ** 3 * WORDS.length)];
    line += random() < 0.2 ? `(${below(random, 1000)}, ` : ' ';
  }
  return `${line};\n`;
}

/** Exactly `length` bytes of such lines. zstd-3 makes it about a third. */
export function text(random: Random, length: number): Buffer {
  const lines: string[] = [];
  for (let size = 0; size < length; size += lines.at(-1)!.length) lines.push(textLine(random));
  return Buffer.from(lines.join(''), 'latin1').subarray(0, length);
}

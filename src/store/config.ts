/**
 * A vault's `config`: what every reader and writer of it must agree on. Written once, at `init`.
 */
import { randomBytes } from 'node:crypto';
import { isVaultError, VaultError } from '../errors.ts';
import type { Backend } from './backend/backend.ts';
import { isHex } from './hex.ts';
import { CONFIG_KEY } from './layout.ts';
import { assertRecord, createRecord, type RecordHead, readRecord, recordTime } from './record.ts';

export interface ChunkerConfig {
  algorithm: 'fastcdc';
  /** bytes; `min` < `avg` < `max`, `avg` a power of two */
  min: number;
  avg: number;
  max: number;
  /** level of normalised chunking, 0 … 3 */
  normalization: number;
}

/** What is stored. */
export interface StoredConfig {
  formatVersion: 1;
  /** 64 hex digits, drawn at random */
  vaultId: string;
  /** RFC 3339, UTC */
  created: string;
  chunker: ChunkerConfig;
  /** bytes at which a pack is published */
  pack: { target: number };
  /** bytes of objects that are compressed together */
  block: { target: number };
  compression: { codec: 'zstd'; level: number };
  cipher: 'plain';
  /** names of what a reader, or a writer, must know of besides this */
  features: { read: string[]; write: string[] };
  /** the store's folder is for a group */
  shared: boolean;
}

export interface Config extends StoredConfig {
  /** true when writing needs a feature that this version lacks */
  readOnly: boolean;
}

export interface ConfigOptions {
  /** nanoseconds since 1970 */
  now: () => bigint;
  shared?: boolean;
  chunker?: ChunkerConfig;
  packTarget?: number;
  blockTarget?: number;
  compressionLevel?: number;
  /** the vault's id comes from here; `node:crypto` unless given */
  random?: (bytes: number) => Buffer;
}

/** Bytes. */
const VAULT_ID_LENGTH = 32;

const KIB = 1024;
const MIB = 1024 * KIB;

export const DEFAULT_CHUNKER: ChunkerConfig = {
  algorithm: 'fastcdc',
  min: 128 * KIB,
  avg: 512 * KIB,
  max: 2 * MIB,
  normalization: 2,
};

/** Features that this version knows. */
const KNOWN_READ = new Set<string>();
const KNOWN_WRITE = new Set<string>();

/**
 * Inclusive bounds. A config may come from anybody: whoever opens it allocates buffers of these sizes, and a pack
 * (target, one more block, footer) must fit what a backend stores at once.
 */
const BOUNDS = {
  chunk: [64, 8 * MIB],
  normalization: [0, 3],
  pack: [4 * KIB, 32 * MIB],
  block: [KIB, 4 * MIB],
  level: [1, 22],
} as const satisfies Record<string, readonly [number, number]>;

const MAX_FEATURES = 64;
const MAX_FEATURE_NAME = 64;

/**
 * Creates the vault's config. When another process was first, its config is what counts: `created` is false.
 * @throws USAGE for numbers out of bounds, else storage errors
 */
export async function createConfig(
  backend: Backend,
  options: ConfigOptions,
): Promise<{ config: Config; created: boolean }> {
  const stored: StoredConfig = {
    formatVersion: 1,
    vaultId: (options.random ?? randomBytes)(VAULT_ID_LENGTH).toString('hex'),
    created: recordTime(options.now()),
    chunker: options.chunker ?? DEFAULT_CHUNKER,
    pack: { target: options.packTarget ?? 16 * MIB },
    block: { target: options.blockTarget ?? 256 * KIB },
    compression: { codec: 'zstd', level: options.compressionLevel ?? 3 },
    cipher: 'plain',
    features: { read: [], write: [] },
    shared: options.shared ?? false,
  };
  const problem = findProblem(stored);
  if (problem !== undefined)
    throw new VaultError('USAGE', `a vault cannot have this ${problem}`, { subject: CONFIG_KEY });
  const created = await createRecord(backend, CONFIG_KEY, stored);
  return { config: await readConfig(backend), created };
}

/**
 * @throws NO_VAULT when there is none, UNKNOWN_FORMAT when a newer version wrote what this one cannot read, DAMAGED
 */
export async function readConfig(backend: Backend): Promise<Config> {
  const record = await readStored(backend);
  const { formatVersion, features, cipher, chunker, compression } = record as Partial<StoredConfig>;
  assertRecord(Number.isInteger(formatVersion) && formatVersion! >= 1, CONFIG_KEY, 'formatVersion');
  if (formatVersion !== 1) throw unknown('format', formatVersion);
  assertRecord(isNames(features?.read) && isNames(features?.write), CONFIG_KEY, 'features');
  const missing = features.read.filter((name) => !KNOWN_READ.has(name));
  if (missing.length > 0) throw unknown('the features', missing.join(', '));
  if (cipher !== 'plain') throw unknown('the cipher', cipher);
  if (chunker?.algorithm !== 'fastcdc') throw unknown('the chunker', chunker?.algorithm);
  if (compression?.codec !== 'zstd') throw unknown('the compression', compression?.codec);
  const problem = findProblem(record);
  assertRecord(problem === undefined, CONFIG_KEY, problem ?? '');
  return pick(record, !features.write.every((name) => KNOWN_WRITE.has(name)));
}

async function readStored(backend: Backend): Promise<StoredConfig & RecordHead> {
  try {
    return await readRecord<StoredConfig>(backend, CONFIG_KEY);
  } catch (error) {
    if (!isVaultError(error, 'NOT_FOUND')) throw error;
    throw new VaultError('NO_VAULT', `there is no vault in ${backend.location}`, {
      hint: 'create one with `vault init`',
      subject: backend.location,
      cause: error,
    });
  }
}

/** The name of the first field that is not what it must be. */
function findProblem(config: StoredConfig): string | undefined {
  const { chunker, pack, block, compression } = config;
  // In this order: what is compared is a number by then.
  const checks: [name: string, isSound: () => boolean][] = [
    ['vaultId', () => isHex(config.vaultId, VAULT_ID_LENGTH)],
    ['created', () => typeof config.created === 'string' && !Number.isNaN(Date.parse(config.created))],
    ['chunker.min', () => isWithin(chunker.min, BOUNDS.chunk)],
    [
      'chunker.avg',
      () => isWithin(chunker.avg, BOUNDS.chunk) && isPowerOfTwo(chunker.avg) && chunker.min < chunker.avg,
    ],
    ['chunker.max', () => isWithin(chunker.max, BOUNDS.chunk) && chunker.avg < chunker.max],
    ['chunker.normalization', () => isWithin(chunker.normalization, BOUNDS.normalization)],
    ['pack.target', () => isWithin(pack?.target, BOUNDS.pack)],
    ['block.target', () => isWithin(block?.target, BOUNDS.block)],
    ['compression.level', () => isWithin(compression.level, BOUNDS.level)],
    ['shared', () => typeof config.shared === 'boolean'],
  ];
  return checks.find(([, isSound]) => !isSound())?.[0];
}

function isWithin(value: unknown, [low, high]: readonly [number, number]): boolean {
  return Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
}

function isPowerOfTwo(value: number): boolean {
  return (value & (value - 1)) === 0;
}

function isNames(value: unknown): value is string[] {
  const isName = (name: unknown) => typeof name === 'string' && name.length <= MAX_FEATURE_NAME;
  return Array.isArray(value) && value.length <= MAX_FEATURES && value.every(isName);
}

/** Only what this version knows: a newer writer's further fields mean nothing here. */
function pick(record: StoredConfig, readOnly: boolean): Config {
  const { formatVersion, vaultId, created, chunker, pack, block, compression, cipher, features, shared } =
    record;
  const { algorithm, min, avg, max, normalization } = chunker;
  return {
    formatVersion,
    vaultId,
    created,
    chunker: { algorithm, min, avg, max, normalization },
    pack: { target: pack.target },
    block: { target: block.target },
    compression: { codec: compression.codec, level: compression.level },
    cipher,
    features,
    shared,
    readOnly,
  };
}

/** @param name whatever the record has there */
function unknown(what: string, name: unknown): VaultError {
  const used = `${what} ${typeof name === 'object' ? JSON.stringify(name) : name}`;
  return new VaultError('UNKNOWN_FORMAT', `this vault uses ${used}, which this version does not know`, {
    hint: 'use a newer version of vault; the data is safe',
    subject: CONFIG_KEY,
  });
}

/**
 * Where things lie in a store: the only place that spells keys.
 *
 * ```
 * config
 * objects/ab/cd/<64 hex>            packs
 * refs/<namespace>/<name>/@<n>      n = 9999999999 − seq in 10 digits, so that the newest is listed first
 * txn/<32 hex>/begin | beat-<k> | outcome
 * gc/<n in 10 digits>/condemn | sweep
 * trash/<seconds in 10 digits>/<64 hex>   packs that gc removed, by the time when it did
 * tmp/probe-<hex>
 * index/, tmp/                      local folders that hold no keys
 * ```
 */
import { invariant, VaultError } from '../errors.ts';
import { TMP_FOLDER } from './backend/key.ts';
import { isHex } from './hex.ts';
import { ID_LENGTH } from './id.ts';

export { INDEX_FOLDER } from './backend/key.ts';

export const CONFIG_KEY = 'config';
export const PACK_PREFIX = 'objects/';
export const REF_PREFIX = 'refs/';
export const TXN_PREFIX = 'txn/';
export const GC_PREFIX = 'gc/';
export const TRASH_PREFIX = 'trash/';

/** The prefix under which a probe's key is listed. */
export const PROBE_PREFIX = `${TMP_FOLDER}/`;

/** Sequence numbers of refs and gc: what ten digits hold. */
export const MAX_SEQ = 9_999_999_999;

// packs

/** The key of the pack whose bytes have this SHA-256 (64 lower-case hex digits). */
export function packKey(pack: string): string {
  invariant(isPackName(pack), `not a pack's name: ${pack}`);
  return `${PACK_PREFIX}${pack.slice(0, 2)}/${pack.slice(2, 4)}/${pack}`;
}

/** The pack's name, or undefined when the key is not that of a pack. */
export function parsePackKey(key: string): string | undefined {
  const pack = key.slice(key.lastIndexOf('/') + 1);
  return isPackName(pack) && packKey(pack) === key ? pack : undefined;
}

/** 64 lower-case hex digits. */
export function isPackName(value: unknown): value is string {
  return isHex(value, ID_LENGTH);
}

// refs

export interface RefKey {
  namespace: string;
  name: string;
  seq: number;
}

/**
 * The prefix that lists the records of one ref, the newest first; without a name, those of every ref of a namespace
 * (`heads`, `tags`, `forgotten`).
 * @throws USAGE when the name is empty, too long or no well-formed Unicode
 */
export function refPrefix(namespace: string, name?: string): string {
  invariant(NAMESPACE.test(namespace), `not a ref namespace: ${namespace}`);
  const prefix = `${REF_PREFIX}${namespace}/`;
  return name === undefined ? prefix : `${prefix}${escapeRefName(name)}/`;
}

/** The key of a ref's record number `seq`, 0 … `MAX_SEQ`. Errors as for `refPrefix`. */
export function refKey(namespace: string, name: string, seq: number): string {
  invariant(Number.isInteger(seq) && seq >= 0 && seq <= MAX_SEQ, `not a ref's sequence number: ${seq}`);
  return `${refPrefix(namespace, name)}@${tenDigits(MAX_SEQ - seq)}`;
}

/** Undefined when the key is not one that `refKey` makes. */
export function parseRefKey(key: string): RefKey | undefined {
  const match = REF_KEY.exec(key);
  const name = match ? unescapeRefName(match[2]!) : undefined;
  if (!match || name === undefined) return undefined;
  return { namespace: match[1]!, name, seq: MAX_SEQ - Number(match[3]) };
}

const NAMESPACE = /^[a-z][a-z0-9-]{0,31}$/;
const REF_KEY = /^refs\/([a-z][a-z0-9-]{0,31})\/([^/]+)\/@([0-9]{10})$/;

/** Bytes of an escaped name: one key component, for which file systems have 255. */
const MAX_ESCAPED = 250;

/**
 * A ref's name as one key component. Bytes of its UTF-8 other than `a-z 0-9 . _ -` become `%xx`, and so does a dot at
 * the beginning: names that differ only in case stay apart on any file system.
 * @throws USAGE when the name is empty, longer than 250 bytes when escaped, or no well-formed Unicode
 */
export function escapeRefName(name: string): string {
  if (name === '' || !name.isWellFormed()) throw badName(name, 'is empty or not Unicode');
  const escaped = escapeAll(name);
  if (escaped.length > MAX_ESCAPED) throw badName(name, 'is too long');
  return escaped;
}

/** The inverse of `escapeRefName`; undefined for what it never makes. */
export function unescapeRefName(escaped: string): string | undefined {
  if (escaped.length > MAX_ESCAPED || !/^(?:[a-z0-9._-]|%[0-9a-f]{2})+$/.test(escaped)) return undefined;
  const bytes = escaped.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const name = Buffer.from(bytes, 'latin1').toString();
  // Only the one spelling counts: another would give a ref two places. Bytes that are not UTF-8 fail here, too.
  return escapeAll(name) === escaped ? name : undefined;
}

function escapeAll(name: string): string {
  let escaped = '';
  for (const byte of Buffer.from(name)) {
    const character = String.fromCharCode(byte);
    const plain = /[a-z0-9._-]/.test(character) && !(escaped === '' && character === '.');
    escaped += plain ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}

function badName(name: string, why: string): VaultError {
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  return new VaultError('USAGE', `the name "${shown}" ${why}`, {
    hint: 'choose a shorter, plain name',
    subject: shown,
  });
}

// transactions

/** Bytes of a transaction's id. */
export const TXN_ID_LENGTH = 16;

export type TxnPart = 'begin' | 'outcome' | `beat-${number}`;

/** The prefix that lists one transaction's records. `id` is 32 hex digits. */
export function txnPrefix(id: string): string {
  invariant(isHex(id, TXN_ID_LENGTH), `not a transaction's id: ${id}`);
  return `${TXN_PREFIX}${id}/`;
}

export function txnKey(id: string, part: TxnPart): string {
  return txnPrefix(id) + part;
}

/** Undefined when the key is not one that `txnKey` makes. */
export function parseTxnKey(key: string): { id: string; part: TxnPart } | undefined {
  const match = TXN_KEY.exec(key);
  return match ? { id: match[1]!, part: match[2] as TxnPart } : undefined;
}

const TXN_KEY = /^txn\/([0-9a-f]{32})\/(begin|outcome|beat-[1-9][0-9]{0,9})$/;

// gc

export type GcPart = 'condemn' | 'sweep';

/** `n` counts from 1. */
export function gcKey(n: number, part: GcPart): string {
  invariant(Number.isInteger(n) && n >= 1 && n <= MAX_SEQ, `not a gc number: ${n}`);
  return `${GC_PREFIX}${tenDigits(n)}/${part}`;
}

/** Undefined when the key is not one that `gcKey` makes. */
export function parseGcKey(key: string): { n: number; part: GcPart } | undefined {
  const match = /^gc\/([0-9]{10})\/(condemn|sweep)$/.exec(key);
  if (!match || Number(match[1]) < 1) return undefined;
  return { n: Number(match[1]), part: match[2] as GcPart };
}

// trash

/** `seconds` since 1970, when the pack was removed. */
export function trashKey(seconds: number, pack: string): string {
  invariant(Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_SEQ, `not a time: ${seconds}`);
  invariant(isPackName(pack), `not a pack's name: ${pack}`);
  return `${TRASH_PREFIX}${tenDigits(seconds)}/${pack}`;
}

/** Undefined when the key is not one that `trashKey` makes. */
export function parseTrashKey(key: string): { seconds: number; pack: string } | undefined {
  const match = /^trash\/([0-9]{10})\/([0-9a-f]{64})$/.exec(key);
  return match ? { seconds: Number(match[1]), pack: match[2]! } : undefined;
}

// what is being written

/** True for the name under which a local store writes a file aside, and for a probe's. */
export function isAsideKey(key: string): boolean {
  return /^tmp\/(?:[0-9]+-[0-9a-f]{16}|probe-[0-9a-f]+)$/.test(key);
}

// probes

/** `nonce` is lower-case hex. */
export function probeKey(nonce: string): string {
  return `${PROBE_PREFIX}probe-${nonce}`;
}

function tenDigits(n: number): string {
  return String(n).padStart(10, '0');
}

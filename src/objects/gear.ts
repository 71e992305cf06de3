/**
 * The gear table: a number for each byte value, which the chunker's rolling hash adds up. `docs/format.md`, "Chunker".
 *
 * Entry 8 i + k is word k (big-endian) of SHA-256("vault gear 1\0" ∥ key ∥ byte i). The key is empty in a plain vault;
 * an encrypted one will have 32 bytes.
 */
import { sha256 } from '../store/hash/hash.ts';

const DOMAIN = Buffer.from('vault gear 1\0', 'latin1');
const WORDS = 8;

/** 256 integers of 32 bits. */
export function gearTable(key: Uint8Array = new Uint8Array(0)): Int32Array {
  const table = new Int32Array(256);
  const input = Buffer.concat([DOMAIN, key, Buffer.alloc(1)]);
  for (let i = 0; i < table.length / WORDS; i++) {
    input[input.length - 1] = i;
    const digest = sha256(input);
    for (let k = 0; k < WORDS; k++) table[i * WORDS + k] = digest.readInt32BE(k * 4);
  }
  return table;
}

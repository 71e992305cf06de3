/** Hex digits, as keys and records hold ids, names of packs and nonces. */

/** Whether a value is text of exactly so many bytes, two lower-case digits each. */
export function isHex(value: unknown, bytes: number): value is string {
  return typeof value === 'string' && value.length === bytes * 2 && /^[0-9a-f]+$/.test(value);
}

/** git's rule of what is no text: a NUL among the first bytes. */

/** Bytes that are looked at. */
export const PROBE_BYTES = 8000;

export function isBinary(content: Buffer): boolean {
  return content.subarray(0, PROBE_BYTES).includes(0);
}

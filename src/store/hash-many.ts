/**
 * SHA-256 of many messages, by whichever way is the faster here: one behind the other by the runtime, or four at a time.
 */
import { sha256 } from './hash.ts';
import { Sha256Lanes } from './sha256-lanes.ts';

/** Faster than any processor without SHA instructions hashes, and slower than any with them, in bytes a ms. */
const INSTRUCTIONS_RATE = 700_000;
/** What is hashed before lanes are thought of, in bytes: to make and to compile them takes some 20 ms. */
const LEAST_HASHED = 4 * 1024 * 1024;
/** Shorter ones say nothing of the rate. */
const LEAST_TIMED = 8 * 1024;

let hashedBytes = 0;
let bestRate = 0;
/** undefined: not thought of yet; null: no use here */
let lanes: Sha256Lanes | null | undefined;

/**
 * The SHA-256 of each of many messages: as `sha256`, and 1.7 times as fast where that has no SHA instructions to use and much is hashed. The
 * rate of this thread's first ones tells.
 */
export function sha256All(messages: readonly Uint8Array[]): Buffer[] {
  if (lanes === undefined) {
    const digests = messages.map(timed);
    if (hashedBytes >= LEAST_HASHED && bestRate > 0)
      lanes = bestRate < INSTRUCTIONS_RATE ? provenLanes() : null;
    return digests;
  }
  if (lanes === null || messages.length < 2) return messages.map(sha256);
  const digests: Buffer[] = new Array(messages.length);
  const order = messages.map((_, i) => i).sort((a, b) => messages[b]!.length - messages[a]!.length);
  let left = messages.reduce((sum, message) => sum + message.length, 0);
  let alone = 0;
  // One that is longer than what the lanes beside it would be busy with is faster by itself.
  for (; alone < order.length && messages[order[alone]!]!.length * 3 > left; alone++) {
    const message = messages[order[alone]!]!;
    digests[order[alone]!] = sha256(message);
    left -= message.length;
  }
  if (alone < order.length) lanes.hash(messages, order.slice(alone), digests);
  return digests;
}

function timed(message: Uint8Array): Buffer {
  const began = performance.now();
  const digest = sha256(message);
  if (message.length >= LEAST_TIMED)
    bestRate = Math.max(bestRate, message.length / (performance.now() - began));
  hashedBytes += message.length;
  return digest;
}

/** Lanes that hash some messages of all kinds of lengths as `sha256` does; null where there are none. */
function provenLanes(): Sha256Lanes | null {
  const messages = [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 40_000].map((length) =>
    Buffer.alloc(length, length),
  );
  try {
    const made = new Sha256Lanes();
    const digests: Buffer[] = [];
    made.hash(messages, [...messages.keys()], digests);
    return messages.every((message, i) => digests[i]?.equals(sha256(message))) ? made : null;
  } catch {
    return null;
  }
}

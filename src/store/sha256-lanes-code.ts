/**
 * Makes the WebAssembly module that runs four SHA-256 at once, one in each 32-bit lane of a 128-bit vector.
 *
 * Sources: FIPS 180-4, section 6.2.2; messages side by side as in Gueron and Krasnov, "Simultaneous Hashing of Multiple Messages"
 * (2012). Maj(a, b, c) is computed as ((a ⊕ b) ∧ (b ⊕ c)) ⊕ b, where b ⊕ c is a ⊕ b of the round before.
 */

/**
 * The module exports `memory` and `compress(at0, at1, at2, at3, count)`, which takes `count` ≥ 1 blocks of 64 bytes from each
 * address. Addresses in its memory, in rows of 16 bytes that hold a word of each message; constants and state are the caller's to fill.
 */
export const Layout = {
  /** 64 rows: each round's constant, four times */
  constants: 0,
  /** 16 rows: the message schedule, in use */
  schedule: 1024,
  /** 8 rows: the hash values a … h */
  state: 1280,
  /** what is left is for messages */
  messages: 2048,
  /** bytes of all */
  end: 3 * 65_536,
} as const;

export const LANES = 4;
export const ROUNDS = 64;
export const ROW_BYTES = 16;
export const BLOCK_BYTES = 64;

const PAGE_BYTES = 65_536;
const V128 = 0x7b;
const I32 = 0x7f;

/** Locals: the parameters, then vectors. */
const COUNT = LANES;
const FIRST_VECTOR = COUNT + 1;
const STATE = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => FIRST_VECTOR + i);
const [T0, T1, T2, T3, T4, WORD, A_XOR_B, B_XOR_C] = [8, 9, 10, 11, 12, 13, 14, 15].map(
  (i) => FIRST_VECTOR + i,
) as [number, number, number, number, number, number, number, number];
const VECTORS = 16;

/** The code of a function, an instruction a call. */
class Code {
  readonly bytes: number[] = [];

  get(local: number): this {
    return this.#byte(0x20).#unsigned(local);
  }

  set(local: number): this {
    return this.#byte(0x21).#unsigned(local);
  }

  tee(local: number): this {
    return this.#byte(0x22).#unsigned(local);
  }

  int(value: number): this {
    return this.#byte(0x41).#signed(value);
  }

  addInt(): this {
    return this.#byte(0x6a);
  }

  /** A row of the memory. */
  row(address: number): this {
    return this.int(0).#vector(0x00).#byte(4).#unsigned(address);
  }

  /** Sixteen bytes behind an address that is in a local. */
  bytesAt(local: number, offset: number): this {
    return this.get(local).#vector(0x00).#byte(0).#unsigned(offset);
  }

  /** Stores `value`, a vector on the stack, to a row. */
  store(address: number, value: () => void): this {
    this.int(0);
    value();
    return this.#vector(0x0b).#byte(4).#unsigned(address);
  }

  /** Sixteen bytes out of two vectors' thirty-two. */
  shuffle(a: number, b: number, bytes: readonly number[]): this {
    this.get(a).get(b).#vector(0x0d);
    for (const byte of bytes) this.#byte(byte);
    return this;
  }

  and(): this {
    return this.#vector(0x4e);
  }

  xor(): this {
    return this.#vector(0x51);
  }

  add(): this {
    return this.#vector(0xae);
  }

  shiftLeft(bits: number): this {
    return this.int(bits).#vector(0xab);
  }

  shiftRight(bits: number): this {
    return this.int(bits).#vector(0xad);
  }

  /** `body`, again and again while it leaves something other than 0. */
  repeat(body: () => void): this {
    this.#byte(0x03).#byte(0x40);
    body();
    return this.#byte(0x0d).#byte(0).end();
  }

  end(): this {
    return this.#byte(0x0b);
  }

  #vector(operation: number): this {
    return this.#byte(0xfd).#unsigned(operation);
  }

  /** LEB128, as WebAssembly writes integers. */
  #unsigned(value: number): this {
    let left = value;
    for (; left >= 0x80; left >>>= 7) this.#byte((left & 0x7f) | 0x80);
    return this.#byte(left);
  }

  /** LEB128 of a signed integer. */
  #signed(value: number): this {
    let left = value;
    for (; left < -0x40 || left >= 0x40; left >>= 7) this.#byte((left & 0x7f) | 0x80);
    return this.#byte(left & 0x7f);
  }

  #byte(byte: number): this {
    this.bytes.push(byte);
    return this;
  }
}

/** The module's bytes. */
export function lanesModule(): Uint8Array<ArrayBuffer> {
  const body = [1, VECTORS, V128].concat(compressCode());
  const parameters = new Array<number>(LANES + 1).fill(I32);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, parameters.length, ...parameters, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 1, Layout.end / PAGE_BYTES, Layout.end / PAGE_BYTES]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('compress'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length)].concat(body)),
  ]);
}

function compressCode(): number[] {
  const code = new Code();
  for (const [i, local] of STATE.entries()) code.row(Layout.state + i * ROW_BYTES).set(local);
  code.repeat(() => {
    for (let word = 0; word < 16; word += 4) loadWords(code, word);
    rounds(code);
    STATE.forEach((local, i) => {
      const row = Layout.state + i * ROW_BYTES;
      code.store(row, () => code.get(local).row(row).add().tee(local));
    });
    for (let lane = 0; lane < LANES; lane++) code.get(lane).int(BLOCK_BYTES).addInt().set(lane);
    code.get(COUNT).int(-1).addInt().tee(COUNT);
  });
  return code.end().bytes;
}

/** Words `first … first + 3` of the four messages: from big-endian rows of a message to rows of the schedule. */
function loadWords(code: Code, first: number): void {
  for (const [lane, local] of [T0, T1, T2, T3].entries()) code.bytesAt(lane, first * 4).set(local);
  code.shuffle(T0, T1, interleaved(0)).set(T4);
  code.shuffle(T0, T1, interleaved(2)).set(T0);
  code.shuffle(T2, T3, interleaved(0)).set(T1);
  code.shuffle(T2, T3, interleaved(2)).set(T2);
  const rows: [number, number, number[]][] = [
    [T4, T1, LOW_HALVES],
    [T4, T1, HIGH_HALVES],
    [T0, T2, LOW_HALVES],
    [T0, T2, HIGH_HALVES],
  ];
  rows.forEach(([a, b, halves], i) => {
    code.store(Layout.schedule + (first + i) * ROW_BYTES, () => code.shuffle(a, b, halves));
  });
}

/** Words i and i + 1 of two vectors, turned to little-endian: a[i] b[i] a[i+1] b[i+1]. */
function interleaved(i: number): number[] {
  const word = (vector: number, at: number) => [3, 2, 1, 0].map((byte) => vector * ROW_BYTES + at * 4 + byte);
  return [...word(0, i), ...word(1, i), ...word(0, i + 1), ...word(1, i + 1)];
}

const BYTES_OF_HALF = [0, 1, 2, 3, 4, 5, 6, 7];
const LOW_HALVES = [...BYTES_OF_HALF, ...BYTES_OF_HALF.map((byte) => byte + ROW_BYTES)];
const HIGH_HALVES = LOW_HALVES.map((byte) => byte + 8);

function rounds(code: Code): void {
  let state = STATE as [number, number, number, number, number, number, number, number];
  let [aXorB, bXorC] = [A_XOR_B, B_XOR_C];
  code.get(state[1]).get(state[2]).xor().set(bXorC);
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b, c, d, e, f, g, h] = state;
    scheduleWord(code, round);
    // T1 = h + K + W + Σ1(e) + Ch(e, f, g)
    code
      .get(h)
      .row(Layout.constants + round * ROW_BYTES)
      .get(WORD)
      .add()
      .add();
    rotations(code, e, [6, 11, 25]).add();
    code.get(f).get(g).xor().get(e).and().get(g).xor().add().set(T1);
    code.get(d).get(T1).add().set(d);
    // T1 + Σ0(a) + Maj(a, b, c)
    code.get(T1);
    rotations(code, a, [2, 13, 22]).add();
    code.get(a).get(b).xor().tee(aXorB).get(bXorC).and().get(b).xor().add().set(h);
    [aXorB, bXorC] = [bXorC, aXorB];
    state = [h, a, b, c, d, e, f, g];
  }
}

/** The schedule's word of a round, in WORD; its last sixteen are kept. */
function scheduleWord(code: Code, round: number): void {
  const row = (back: number) => Layout.schedule + ((round - back) & 15) * ROW_BYTES;
  if (round < 16) {
    code.row(row(0)).set(WORD);
    return;
  }
  code.row(row(15)).set(T2).row(row(2)).set(T3);
  rotations(code, T2, [7, 18]).get(T2).shiftRight(3).xor();
  rotations(code, T3, [17, 19]).get(T3).shiftRight(10).xor();
  code.add().row(row(16)).row(row(7)).add().add().set(WORD);
  code.store(row(0), () => code.get(WORD));
}

/** A vector's words turned right by each of some numbers of bits, all combined by xor. */
function rotations(code: Code, local: number, bits: readonly number[]): Code {
  bits.forEach((count, i) => {
    code.get(local).shiftRight(count);
    if (i > 0) code.xor();
    code
      .get(local)
      .shiftLeft(32 - count)
      .xor();
  });
  return code;
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length)].concat(content);
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text, 'latin1')];
}

/** LEB128, as WebAssembly writes lengths. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

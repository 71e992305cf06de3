/** Colour and width, decided once: only on a terminal, never with `NO_COLOR` (https://no-color.org) or TERM=dumb. */
import { fstatSync } from 'node:fs';

/** Of a terminal that does not know its own width: a serial line, some test harnesses. */
const UNKNOWN_WIDTH = 80;

type Tty = typeof import('node:tty');

export function colourOn(fd: number): boolean {
  const { NO_COLOR, TERM } = process.env;
  return (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb' && terminalAt(fd) !== undefined;
}

/** Columns of the terminal behind `fd`; undefined when it is none. */
export function columnsOf(fd: number): number | undefined {
  const tty = terminalAt(fd);
  if (tty === undefined) return undefined;
  // A WriteStream is the only way to ask; it must not be destroyed, which would close the descriptor.
  const [columns] = new tty.WriteStream(fd).getWindowSize();
  return columns > 0 ? columns : UNKNOWN_WIDTH;
}

/** `node:tty` where there is a terminal to use it on: it brings `node:net`, which every pipe would pay for. */
function terminalAt(fd: number): Tty | undefined {
  try {
    if (!fstatSync(fd).isCharacterDevice()) return undefined;
  } catch {
    return undefined; // closed
  }
  const tty = process.getBuiltinModule('node:tty');
  return tty.isatty(fd) ? tty : undefined;
}

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim';

const CODES: Record<Colour, [on: number, off: number]> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  bold: [1, 22],
  dim: [2, 22],
};

export type Paint = (colour: Colour, text: string) => string;

/** Paints for one descriptor; the identity where colour is off. */
export function painter(fd: number): Paint {
  if (!colourOn(fd)) return (_colour, text) => text;
  return (colour, text) => `\u001b[${CODES[colour][0]}m${text}\u001b[${CODES[colour][1]}m`;
}

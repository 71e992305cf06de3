/** `--format` as git has it: text with `%(atom)`, `%%`, `%n`, and a byte as `%x00` or `%00`. */
import { isAscii } from 'node:buffer';
import { VaultError } from '../../errors.ts';
import { printable } from './quoting.ts';

const PIECE = /%(?:\(([^)]*)\)|(%)|(n)|x?([0-9a-fA-F]{2})|(.?))/gsu;

export class Template<Atom extends string> {
  /** texts and atoms in turns: a text before each atom, and one behind the last. A character is a byte. */
  readonly #texts: string[] = [];
  readonly #atoms: Atom[] = [];
  readonly #isPlain: boolean;

  /**
   * @param bytes atoms whose values may be other than ASCII
   * @throws USAGE for an atom that is none of `known`, and for a `%` that begins nothing
   */
  constructor(format: string, known: readonly Atom[], bytes: readonly Atom[] = []) {
    let text = '';
    let end = 0;
    for (const match of format.matchAll(PIECE)) {
      const [piece, atom, percent, newline, hex] = match;
      text += byteString(format.slice(end, match.index));
      end = match.index + piece.length;
      if (atom !== undefined) {
        if (!known.includes(atom as Atom)) throw unknownPiece(piece, known);
        this.#texts.push(text);
        this.#atoms.push(atom as Atom);
        text = '';
      } else if (percent) text += '%';
      else if (newline) text += '\n';
      else if (hex) text += String.fromCharCode(Number.parseInt(hex, 16));
      else throw unknownPiece(piece, known);
    }
    this.#texts.push(text + byteString(format.slice(end)));
    this.#isPlain =
      this.#texts.every((part) => isAscii(Buffer.from(part))) && !bytes.some((atom) => this.has(atom));
  }

  has(atom: Atom): boolean {
    return this.#atoms.includes(atom);
  }

  /** @param textOf asked for each atom in order; its characters are bytes, as `byteString` gives them */
  render(textOf: (atom: Atom) => string): string | Buffer {
    let out = this.#texts[0]!;
    for (let i = 0; i < this.#atoms.length; i++) out += textOf(this.#atoms[i]!) + this.#texts[i + 1]!;
    return this.#isPlain ? out : Buffer.from(out, 'latin1');
  }
}

/** Text or a name as a string of its bytes, for `Template.render`. */
export function byteString(text: string | Buffer): string {
  return (typeof text === 'string' ? Buffer.from(text) : text).toString('latin1');
}

function unknownPiece(piece: string, known: readonly string[]): VaultError {
  return new VaultError('USAGE', `${printable(piece)} is unknown in a format`, {
    hint: `known are ${known.map((atom) => `%(${atom})`).join(' ')}, %% %n, and bytes as %x00`,
  });
}

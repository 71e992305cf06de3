/** `reflog`: its operands and its format. */
import { isLive, parseTime, type ReflogEntry, type Repository, shortId, VaultError } from '../../index.ts';
import { timeAtoms, timeForm, timeText } from '../text/date-form.ts';
import { printableLine } from '../text/quoting.ts';
import { byteString, Template } from '../text/template.ts';

/** `[show] [REF]`. @throws USAGE */
export function reflogOperand(first: string | undefined, second: string | undefined): string {
  if (first === 'show') return second ?? 'HEAD';
  if (second === undefined) return first ?? 'HEAD';
  throw new VaultError('USAGE', 'say one REF', { hint: 'see "vault help reflog"' });
}

export function reflogFields({ ref, n, record }: ReflogEntry): object {
  const { target, type, time, who, host, message, seq } = record;
  return { ref, n, id: target ?? null, type, time, who, host, message, seq };
}

const TEXTS = ['refname', 'selector', 'message', 'who', 'host'] as const;
const ATOMS = ['objectname', 'objectname:short', 'objecttype', ...TEXTS, ...timeAtoms('time')] as const;
type Atom = (typeof ATOMS)[number];

export const REFLOG_FORMAT = '%(objectname:short) %(selector): %(message) (%(who)@%(host), %(time))';

const NO_ID = '0'.repeat(64);

/** Prints moves by a format. @throws USAGE for a bad one */
export class ReflogPrinter {
  readonly #vault: Repository;
  readonly #name: string;
  readonly #template: Template<Atom>;
  readonly #isRaw: boolean;

  /**
   * @param name as it was asked for
   * @param isRaw texts are printed as they are, also what a terminal would act on
   */
  constructor(vault: Repository, name: string, format: string, isRaw: boolean) {
    this.#vault = vault;
    this.#name = name;
    this.#template = new Template<Atom>(format, ATOMS, TEXTS);
    this.#isRaw = isRaw;
  }

  async text(entry: ReflogEntry): Promise<string | Buffer> {
    const { record } = entry;
    const short =
      isLive(record) && this.#template.has('objectname:short')
        ? await shortId(this.#vault.store, Buffer.from(record.target, 'hex'))
        : NO_ID.slice(0, 8);
    return this.#template.render((atom) => byteString(this.#value(atom, entry, short)));
  }

  #value(atom: Atom, { ref, n, record }: ReflogEntry, short: string): string {
    switch (atom) {
      case 'objectname':
        return record.target ?? NO_ID;
      case 'objectname:short':
        return short;
      case 'objecttype':
        return record.type;
      case 'refname':
        return this.#text(ref);
      case 'selector':
        return this.#text(`${this.#name}@{${n}}`);
      case 'message':
      case 'who':
      case 'host':
        return this.#text(record[atom]);
      default:
        return timeText(parseTime(record.time)!, timeForm(atom), this.#vault.environment.now());
    }
  }

  /** On one line. */
  #text(text: string): string {
    return this.#isRaw ? text : printableLine(text);
  }
}

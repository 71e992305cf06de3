/** `for-each-ref --format`. */
import {
  infoOf,
  isLive,
  type ListedRef,
  objectSize,
  type RefSource,
  type Repository,
  refSource,
  resolve,
  shortId,
} from '../../index.ts';
import { timeAtoms, timeForm, timeText } from '../text/date-form.ts';
import { printable } from '../text/quoting.ts';
import { byteString, Template } from '../text/template.ts';

export const FOR_EACH_REF_MANUAL = {
  description: `Prints <id> SP <type> TAB <ref> for each ref, by name, or what --format says. A GLOB is a whole name, what is
below one (refs/tags), or a pattern whose * stops at slashes (refs/heads/*/docs) while a part ** stands for any number of parts.

Formats know %(refname) %(refname:short) %(objectname) %(objectname:short) %(objecttype) %(objectsize) %(creator) %(creatordate)
%(subject) %(body) %(contents) %(HEAD), which is * for the current line, else a blank; %n, %% and bytes as %x00. Of a tag the creator and
the date are the tag's own, and so is the text where it has a message; else they are those of the snapshot. Dates are local;
%(creatordate:unix), :iso-strict (UTC, to the nanosecond), :short and :relative are other forms.`,
  examples: [
    {
      description: 'The five newest tags',
      command: 'vault for-each-ref --sort=-creatordate --count=5 refs/tags',
    },
    {
      description: 'What names this snapshot?',
      command: "vault for-each-ref --format='%(refname:short)' --points-at HEAD",
    },
  ],
};

const DATES = timeAtoms('creatordate');
const TEXTS = ['subject', 'body', 'contents', 'contents:subject', 'contents:body'] as const;
const ATOMS = [
  'refname',
  'refname:short',
  'objectname',
  'objectname:short',
  'objecttype',
  'objectsize',
  'creator',
  'HEAD',
  ...DATES,
  ...TEXTS,
] as const;
type Atom = (typeof ATOMS)[number];

export const REF_FORMAT = '%(objectname) %(objecttype)%x09%(refname)';

/** Prints refs by a format. @throws USAGE for a bad one */
export class RefPrinter {
  readonly #vault: Repository;
  readonly #template: Template<Atom>;
  readonly #text: (text: string) => string;

  /** @param isRaw texts are printed as they are, also what a terminal would act on */
  constructor(vault: Repository, format: string, isRaw: boolean) {
    this.#vault = vault;
    this.#template = new Template<Atom>(format, ATOMS, ['refname', 'refname:short', 'creator', ...TEXTS]);
    this.#text = isRaw ? (text) => text : printable;
  }

  /** Reads what the format asks for, and no more. @throws MISSING_OBJECT, DAMAGED */
  async text(listed: ListedRef): Promise<string | Buffer> {
    const values = new Map<Atom, string>();
    const source = SOURCED.some((atom) => this.#template.has(atom))
      ? await refSource(this.#vault, listed)
      : undefined;
    for (const atom of ATOMS) {
      if (this.#template.has(atom)) values.set(atom, byteString(await this.#value(atom, listed, source)));
    }
    return this.#template.render((atom) => values.get(atom)!);
  }

  async #value(atom: Atom, { ref, record }: ListedRef, source: RefSource | undefined): Promise<string> {
    const { store, environment, line } = this.#vault;
    switch (atom) {
      case 'refname':
        return this.#text(ref);
      case 'refname:short':
        return this.#text(await shortName(this.#vault, { ref, record }));
      case 'objectname':
        return record.target;
      case 'objectname:short':
        return shortId(store, Buffer.from(record.target, 'hex'));
      case 'objecttype':
        return record.type;
      case 'objectsize':
        return String(await objectSize(store, infoOf(await resolve(this.#vault, ref))));
      case 'HEAD':
        return ref === `refs/heads/${line ?? 'main'}` ? '*' : ' ';
      case 'creator':
        return this.#text(source!.who);
      case 'subject':
      case 'contents:subject':
        return this.#text(subjectOf(source!.message));
      case 'body':
      case 'contents:body':
        return this.#text(bodyOf(source!.message));
      case 'contents':
        return this.#text(source!.message);
      default:
        return timeText(source!.time, timeForm(atom), environment.now());
    }
  }
}

const SOURCED: readonly Atom[] = ['creator', ...DATES, ...TEXTS];

/** The first paragraph, on one line. */
export function subjectOf(message: string): string {
  return message
    .trimStart()
    .split(/\n[ \t]*\n/, 1)[0]!
    .trimEnd()
    .replace(/\n/g, ' ');
}

function bodyOf(message: string): string {
  const [, body = ''] = /^\s*(?:[^\n]*\S[^\n]*\n)+[ \t]*\n+(.*)$/s.exec(message) ?? [];
  return body;
}

/** As it can be written in a revision: the name of a tag; of a line, unless a tag has that, too; else the whole name. */
async function shortName({ refs }: Repository, { ref, record }: ListedRef): Promise<string> {
  const { namespace, name } = record;
  if (namespace === 'tags') return name;
  const isFree = namespace === 'heads' && !isLive(await refs.current('tags', name));
  return isFree ? name : ref;
}

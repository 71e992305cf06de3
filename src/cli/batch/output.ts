/** What `cat-object --batch` and its like answer. */
import {
  contentSha256,
  type FoundObject,
  isVaultError,
  type ObjectAnswer,
  type Repository,
  storedSize,
  VaultError,
} from '../../index.ts';
import { nameFields } from '../text/json.ts';
import { printable } from '../text/quoting.ts';
import { byteString, type Template } from '../text/template.ts';
import type { BatchLine } from './input.ts';

export const BATCH_ATOMS = [
  'objectname',
  'objecttype',
  'objectsize',
  'objectsize:disk',
  'sha256',
  'pack',
  'offset',
  'rest',
] as const;
export type BatchAtom = (typeof BATCH_ATOMS)[number];

export const BATCH_FORMAT = '%(objectname) %(objecttype) %(objectsize)';

export interface BatchOutput {
  print(data: string | Uint8Array): Promise<void> | undefined;
  flush(): Promise<void>;
  /** one JSON object a line */
  row(value: object): Promise<void> | undefined;
}

export interface BatchOutputOptions {
  template: Template<BatchAtom>;
  /** ends each line and content */
  end: '\n' | '\0';
  /** flush when asked, not after each object */
  buffered: boolean;
  /** rows instead of lines */
  json: boolean;
}

/** What takes reading to know; empty where nobody asked. */
interface Computed {
  sha256: string;
  stored: string;
}

const NOT_COMPUTED: Computed = { sha256: '', stored: '' };

export class BatchPrinter {
  /** some object could not be read as it was stored */
  sawDamage = false;
  readonly #vault: Repository;
  readonly #output: BatchOutput;
  readonly #options: BatchOutputOptions;

  constructor(vault: Repository, output: BatchOutput, options: BatchOutputOptions) {
    this.#vault = vault;
    this.#output = output;
    this.#options = options;
  }

  /** Contents are written when it resolves, and without `buffered` everything is. */
  async print(answers: readonly ObjectAnswer<BatchLine>[]): Promise<void> {
    let mustFlush = !this.#options.buffered;
    for (const { tag, found, fault } of answers) {
      mustFlush ||= tag.contents || tag.flush;
      // Most of it need not be waited for, and waiting costs as much as the rest.
      const written = found ? this.#found(tag, found) : fault && this.#fault(tag, fault);
      if (written) await written;
    }
    if (mustFlush) await this.#output.flush();
  }

  #fault(line: BatchLine, fault: string): Promise<void> | undefined {
    this.sawDamage ||= fault === 'damaged';
    const { json, end } = this.#options;
    if (json) return this.#output.row({ ...nameFields(line.name, 'asked'), fault });
    return this.#output.print(Buffer.concat([line.name, Buffer.from(` ${fault}${end}`)]));
  }

  #found(line: BatchLine, found: FoundObject): Promise<void> | undefined {
    const { template, json } = this.#options;
    if (json || template.has('sha256') || template.has('objectsize:disk')) {
      return this.#computeAndPrint(line, found);
    }
    return this.#printFound(line, found, NOT_COMPUTED);
  }

  async #computeAndPrint(line: BatchLine, found: FoundObject): Promise<void> {
    const { template, json } = this.#options;
    const { store } = this.#vault;
    const computed = { ...NOT_COMPUTED };
    if (template.has('sha256'))
      computed.sha256 = (await contentSha256(this.#vault, found.info))?.toString('hex') ?? '-';
    if (template.has('objectsize:disk')) computed.stored = String(await storedSize(store, found));
    await (json
      ? this.#output.row(jsonFields(line, found, computed))
      : this.#printFound(line, found, computed));
  }

  #printFound(line: BatchLine, found: FoundObject, computed: Computed): Promise<void> | undefined {
    const { template, end } = this.#options;
    const { print } = this.#output;
    const head = template.render((atom) => atomText(atom, line, found, computed));
    let written =
      typeof head === 'string' ? print(head + end) : print(Buffer.concat([head, Buffer.from(end)]));
    const { contents } = found;
    if (!contents) return written;
    if (!Array.isArray(contents)) return this.#printLong(line, found.size, contents as AsyncIterable<Buffer>);
    for (const bytes of contents) written = print(bytes) ?? written;
    return print(end) ?? written;
  }

  /** The head is out, so that damage from here on ends the batch: what follows could not be told from the content. */
  async #printLong(line: BatchLine, size: number, contents: AsyncIterable<Buffer>): Promise<void> {
    let printed = 0;
    try {
      for await (const bytes of contents) {
        await this.#output.print(bytes);
        printed += bytes.length;
      }
    } catch (error) {
      if (!isVaultError(error, 'DAMAGED', 'MISSING_OBJECT')) throw error;
      throw endedInside(line, printed, size, error);
    }
    await this.#output.print(this.#options.end);
  }
}

function endedInside(line: BatchLine, printed: number, size: number, cause: VaultError): VaultError {
  const name = line.name.toString();
  return new VaultError(
    'DAMAGED',
    `${printable(name)} is damaged behind byte ${printed} of ${size}, where the batch ends: ${cause.message}`,
    { hint: 'what was asked behind it has to be asked again', subject: name, cause },
  );
}

function atomText(atom: BatchAtom, line: BatchLine, found: FoundObject, computed: Computed): string {
  switch (atom) {
    case 'objectname':
      return found.info.id.toString('hex');
    case 'objecttype':
      return found.info.type;
    case 'objectsize':
      return String(found.size);
    case 'objectsize:disk':
      return computed.stored;
    case 'sha256':
      return computed.sha256;
    case 'pack':
      return found.place?.pack ?? '-';
    case 'offset':
      return String(found.place?.blockOffset ?? '-');
    case 'rest':
      return byteString(line.rest);
  }
}

function jsonFields(
  line: BatchLine,
  { info, size, place }: FoundObject,
  { sha256, stored }: Computed,
): object {
  return {
    ...nameFields(line.name, 'asked'),
    id: info.id,
    type: info.type,
    size,
    ...(sha256 !== '' && { sha256 }),
    ...(stored !== '' && { stored: Number(stored) }),
    ...(place && { pack: place.pack, offset: place.blockOffset }),
    ...(line.rest.length > 0 && nameFields(line.rest, 'rest')),
  };
}

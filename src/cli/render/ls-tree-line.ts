/** One line of `ls-tree`: `<mode> SP <type> SP <id> [SP <size>] [SP <other fields>] TAB <path>`. */
import { type EntryView, encodeOtherFields, Kind, modeText } from '../../index.ts';
import { byteString, Template } from '../text/template.ts';
import type { Line, LineOf } from './tree-listing.ts';

export interface LineOptions {
  /** right-aligned in 7 columns, `-` where there is none */
  long?: boolean;
  /** the entry's other fields in base64url */
  full?: boolean;
}

/** What stands before the path, with the TAB. */
export function lsTreeHead(entry: EntryView, { long = false, full = false }: LineOptions = {}): string {
  let head = `${modeText(entry)} ${typeText(entry)} ${entry.id.toString('hex')}`;
  if (long) head += ` ${paddedSize(entry)}`;
  if (full) head += ` ${fullField(entry)}`;
  return `${head}\t`;
}

function typeText({ kind }: EntryView): string {
  return kind === Kind.dir ? 'tree' : 'blob';
}

function sizeText(view: EntryView): string {
  return String(view.entry().size ?? '-');
}

function paddedSize(view: EntryView): string {
  return sizeText(view).padStart(7);
}

function fullField(view: EntryView): string {
  return encodeOtherFields(view.entry()).toString('base64url');
}

const ATOMS = [
  'objectmode',
  'objecttype',
  'objectname',
  'objectsize',
  'objectsize:padded',
  'sha256',
  'full',
  'path',
] as const;
type Atom = (typeof ATOMS)[number];

export interface LsTreeFlags {
  'name-only': boolean;
  'object-only': boolean;
  format?: string | undefined;
  long: boolean;
  full: boolean;
}

/** How an entry is printed. @throws USAGE for a bad format */
export function lsTreeLine(flags: LsTreeFlags, eol: string): LineOf {
  if (flags.format !== undefined) {
    const template = new Template<Atom>(flags.format, ATOMS, ['path']);
    return (entry, path) => [template.render((atom) => atomText(atom, entry, path)), eol];
  }
  if (flags['object-only']) return (entry) => `${entry.id.toString('hex')}${eol}`;
  if (flags['name-only']) return (_entry, path) => joined('', path, eol);
  return (entry, path) => joined(lsTreeHead(entry, flags), path, eol);
}

function joined(head: string, path: string | Buffer, eol: string): Line {
  return typeof path === 'string' ? head + path + eol : [head, path, eol];
}

function atomText(atom: Atom, entry: EntryView, path: string | Buffer): string {
  switch (atom) {
    case 'objectmode':
      return modeText(entry);
    case 'objecttype':
      return typeText(entry);
    case 'objectname':
      return entry.id.toString('hex');
    case 'objectsize':
      return sizeText(entry);
    case 'objectsize:padded':
      return paddedSize(entry);
    case 'sha256':
      return entry.entry().sha256?.toString('hex') ?? '-';
    case 'full':
      return fullField(entry);
    case 'path':
      return byteString(path);
  }
}

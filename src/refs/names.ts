/**
 * Which strings may name a line, a tag or a namespace.
 *
 * The rules follow git's check-ref-format, so that names work in revisions (`~ ^ : @{ ..` have a meaning there),
 * in shell globs (`* ? [`) and on a command line (no leading `-`). A name is well-formed Unicode in normal form C:
 * what looks the same is the same name. Names are compared by their bytes and are case-sensitive.
 */
import { isVaultError, VaultError } from '../errors.ts';
import { escapeRefName } from '../store/layout.ts';

/** Characters of a name. A name of many capitals, slashes or characters outside ASCII must be shorter: see `fits`. */
export const MAX_NAME_LENGTH = 250;

/** Namespaces that the library itself gives a meaning. Others (`refs/notes/…`) may be made by plumbing. */
export const HEADS = 'heads';
export const TAGS = 'tags';
/** Holds nothing but the log of `forgotten.ts`. */
export const FORGOTTEN = 'forgotten';

const NAMESPACE = /^[a-z][a-z0-9-]{0,31}$/;
const WHOLE_ID = /^[0-9a-f]{64}$/i;
// C0, DEL, C1, line and paragraph separators, and what reorders or hides text in a terminal
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const SPECIAL = /[\p{Zs}~^:?*[\\]/u;
const UNUSABLE = new RegExp(`${UNPRINTABLE.source}|${SPECIAL.source}|\uFFFD`, 'gu');

/**
 * @param what how messages call it: `tag`, `line`, …
 * @throws USAGE that says which rule the name breaks
 */
export function checkName(name: string, what = 'name'): void {
  const problem = nameProblem(name);
  if (problem === undefined) return;
  throw new VaultError('USAGE', `${JSON.stringify(name)} cannot be a ${what}: ${problem}`, {
    hint: 'use letters, digits, and - . _ / between them',
    subject: name,
  });
}

export function isValidName(name: string): boolean {
  return nameProblem(name) === undefined;
}

/** @throws USAGE */
export function checkNamespace(namespace: string): void {
  if (NAMESPACE.test(namespace)) return;
  throw new VaultError('USAGE', `${JSON.stringify(namespace)} cannot be a namespace of refs`, {
    hint: 'a namespace is up to 32 of a-z 0-9 - and begins with a letter',
    subject: namespace,
  });
}

/** The namespace and the name of `refs/<namespace>/<name>`, unchecked; undefined for anything else. */
export function splitFullName(ref: string): { namespace: string; name: string } | undefined {
  const match = /^refs\/([a-z][a-z0-9-]{0,31})\/(.+)$/s.exec(ref);
  return match ? { namespace: match[1]!, name: match[2]! } : undefined;
}

/**
 * The parts of a whole name that may be made.
 * @throws REFUSED for anything else, saying which rule it breaks
 */
export function refPlace(ref: string): { namespace: string; name: string } {
  const place = splitFullName(ref);
  const problem = !place
    ? 'a whole name is refs/heads/… for a line, refs/tags/… for a tag, refs/<namespace>/… for others'
    : place.namespace === FORGOTTEN
      ? `refs/${FORGOTTEN} is kept by \`vault forget\``
      : nameProblem(place.name);
  if (place && problem === undefined) return place;
  throw new VaultError('REFUSED', `${JSON.stringify(ref)} cannot be a ref: ${problem}`, {
    hint: 'write refs/heads/NAME or refs/tags/NAME, of letters, digits, and - . _ / between them',
    subject: ref,
  });
}

/**
 * A valid name close to `text` (a host and a folder, say): what a name may not hold becomes `-`.
 * @throws USAGE when nothing usable is left
 */
export function toName(text: string): string {
  const cleaned = text
    .toWellFormed()
    .normalize('NFC')
    .replace(UNUSABLE, '-')
    .replace(/@\{|\.{2,}/g, '-')
    .split('/')
    .map((component) => component.replace(/^[-.@]+|[.]+$/g, '').replace(/-{2,}/g, '-'))
    .filter((component) => component !== '')
    .join('/');
  const characters = [...cleaned].slice(0, MAX_NAME_LENGTH);
  while (characters.length > 1 && !fits(characters.join(''))) characters.pop();
  const name = characters.join('').replace(/[./-]+$/, '');
  checkName(name);
  return name;
}

function nameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (!name.isWellFormed()) return 'it is not valid Unicode';
  if (!fits(name)) return 'it is too long';
  if (UNPRINTABLE.test(name)) return 'it holds a control or invisible character';
  const special = SPECIAL.exec(name);
  if (special) return `it holds ${special[0] === ' ' ? 'a space' : `"${special[0]}"`}`;
  if (name !== name.normalize('NFC')) return 'it is not in Unicode normal form C';
  if (name.includes('..')) return 'it holds ".."';
  if (name.includes('@{')) return 'it holds "@{"';
  if (WHOLE_ID.test(name)) return 'it looks like an id';
  return reservedProblem(name) ?? name.split('/').map(componentProblem).find(Boolean);
}

function reservedProblem(name: string): string | undefined {
  if (name === 'HEAD') return 'it means the current line';
  if (name.startsWith('refs/')) return 'it begins with "refs/"';
  return undefined;
}

function componentProblem(component: string): string | undefined {
  if (component === '') return 'it begins or ends with "/" or holds "//"';
  if (component.startsWith('-') || component.startsWith('.') || component.startsWith('@')) {
    return `a part of it begins with "${component[0]}"`;
  }
  if (component.endsWith('.')) return 'a part of it ends with "."';
  return undefined;
}

/** Whether a key can hold the name: escaped, one character may take twelve of its 250. */
function fits(name: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  try {
    escapeRefName(name);
    return true;
  } catch (error) {
    if (isVaultError(error, 'USAGE')) return false;
    throw error;
  }
}

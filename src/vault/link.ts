/** The `.vault` file of a folder whose store lies elsewhere: two lines of TOML, `store = "…"` and `line = "…"`. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { parse, stringify } from 'smol-toml';
import { VaultError } from '../errors.ts';

export interface Link {
  /** absolute path of the store */
  store: string;
  line: string;
}

/** Bytes of a link: a path has 4,096 at most, a name of a line 250, and each may be escaped by six characters. */
const MOST_BYTES = 64 * 1024;

/**
 * The link that a file holds. Whatever lies there under that name: nothing is waited for, and no more is read than a link has.
 * @param shown how messages call it
 * @throws UNKNOWN_FORMAT for what is no link; Node's errors
 */
export function readLink(path: string | Buffer, shown = path.toString()): Link {
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > MOST_BYTES) throw noLink(shown);
    return parseLink(readFileSync(fd, 'utf8'), shown);
  } finally {
    closeSync(fd);
  }
}

/** @throws UNKNOWN_FORMAT for text that is no link's */
export function parseLink(text: string, path: string): Link {
  let fields: Record<string, unknown> = {};
  let cause: unknown;
  try {
    fields = parse(text);
  } catch (error) {
    cause = error;
  }
  const { store, line } = fields;
  if (typeof store === 'string' && typeof line === 'string') return { store, line };
  throw noLink(path, cause);
}

function noLink(path: string, cause?: unknown): VaultError {
  return new VaultError('UNKNOWN_FORMAT', `${path} is not a link to a vault`, {
    hint: 'a link holds `store = "/path"` and `line = "name"`; `vault init --store` writes one',
    subject: path,
    cause,
  });
}

export function formatLink(link: Link): string {
  return stringify({ ...link });
}

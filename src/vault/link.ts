/** The `.vault` file of a folder whose store lies elsewhere: two lines of TOML, `store = "…"` and `line = "…"`. */
import { parse, stringify } from 'smol-toml';
import { VaultError } from '../errors.ts';

export interface Link {
  /** absolute path of the store */
  store: string;
  line: string;
}

/** @throws UNKNOWN_FORMAT for a file that is no link */
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
  throw new VaultError('UNKNOWN_FORMAT', `${path} is not a link to a vault`, {
    hint: 'a link holds `store = "/path"` and `line = "name"`; `vault init --store` writes one',
    subject: path,
    cause,
  });
}

export function formatLink(link: Link): string {
  return stringify({ ...link });
}

/**
 * The keys under which refs lie, listed.
 */
import { VaultError } from '../errors.ts';
import type { Backend, ListOptions } from '../store/backend/backend.ts';
import { parseRefKey, REF_PREFIX, type RefKey, refKey, refPrefix } from '../store/layout.ts';
import { FORGOTTEN } from './names.ts';

/** Records of one ref that a listing runs past before it starts anew behind them. */
const SKIP_AFTER = 1000;

/** The keys of one ref, newest first. @throws DAMAGED for a key that is none of a ref */
export async function* keysOf(
  backend: Backend,
  namespace: string,
  name: string,
  options: ListOptions = {},
): AsyncGenerator<RefKey, void, undefined> {
  for await (const { key } of backend.list(refPrefix(namespace, name), options)) yield parse(key);
}

/** Asks for one key only: a line may have very many. */
export async function newestKey(
  backend: Backend,
  namespace: string,
  name: string,
): Promise<RefKey | undefined> {
  for await (const found of keysOf(backend, namespace, name, { limit: 1 })) return found;
  return undefined;
}

/**
 * The newest key of each ref in a namespace, in key order. It steps over the rest of a long ref by a new listing, so
 * that a ref costs at most `SKIP_AFTER` names, whatever the length of its history.
 * @throws DAMAGED as `keysOf`
 */
export async function* firstKeys(
  backend: Backend,
  namespace: string,
): AsyncGenerator<RefKey, void, undefined> {
  let options: ListOptions | undefined = {};
  while (options) {
    const listing = backend.list(refPrefix(namespace), options);
    options = undefined;
    let name: string | undefined;
    let passed = 0;
    for await (const { key } of listing) {
      const found = parse(key);
      if (found.name !== name) {
        name = found.name;
        passed = 0;
        yield found;
      } else if (++passed === SKIP_AFTER) {
        options = { after: refKey(namespace, found.name, 0) };
        break;
      }
    }
  }
}

/**
 * The namespaces in which a ref is or was, in key order: a listing of one key for each. `forgotten`, which holds no refs, is left out.
 * @throws DAMAGED as `keysOf`
 */
export async function* namespacesIn(backend: Backend): AsyncGenerator<string, void, undefined> {
  let after: string | undefined = REF_PREFIX;
  while (after !== undefined) {
    const listing: AsyncIterable<{ key: string }> = backend.list(REF_PREFIX, { after, limit: 1 });
    after = undefined;
    for await (const { key } of listing) {
      const { namespace } = parse(key);
      if (namespace !== FORGOTTEN) yield namespace;
      // The character behind the slash that ends the namespace: no key of it is greater.
      after = `${REF_PREFIX}${namespace}0`;
    }
  }
}

function parse(key: string): RefKey {
  const found = parseRefKey(key);
  if (found) return found;
  throw new VaultError('DAMAGED', `${key} lies among the refs and is no record of one`, {
    hint: 'move it out of the store if it was put there by hand; `vault check` lists all damage',
    subject: key,
  });
}

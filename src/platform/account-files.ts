/** Names of users and groups from passwd(5) and group(5), for where the name service is out of reach. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

interface Names {
  byId: Map<number, string>;
  byName: Map<string, number>;
}

export interface AccountFiles {
  user(): Names;
  group(): Names;
}

/** Reads each file on first use; a missing one is empty. */
export function accountFiles(passwd = '/etc/passwd', group = '/etc/group'): AccountFiles {
  let users: Names | undefined;
  let groups: Names | undefined;
  return {
    user() {
      users ??= addSelf(parse(passwd));
      return users;
    },
    group() {
      groups ??= parse(group);
      return groups;
    },
  };
}

/** Both files have the name in the first field and the id in the third; the first line for a name or id counts. */
function parse(file: string): Names {
  const names: Names = { byId: new Map(), byName: new Map() };
  for (const line of read(file).split('\n')) {
    const [name, , id] = line.split(':');
    if (name === undefined || name === '' || name.startsWith('#') || !/^\d+$/.test(id ?? '')) continue;
    add(names, name, Number(id));
  }
  return names;
}

function add(names: Names, name: string, id: number): void {
  if (!names.byId.has(id)) names.byId.set(id, name);
  if (!names.byName.has(name)) names.byName.set(name, id);
}

/** Where accounts live elsewhere (macOS), Node at least knows who runs it. */
function addSelf(names: Names): Names {
  try {
    const { username, uid } = userInfo();
    if (uid >= 0) add(names, username, uid);
  } catch {
    // no entry for the running user
  }
  return names;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

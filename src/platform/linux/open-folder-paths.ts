/** Names in open folders as paths, `/proc/self/fd/<n>/<name>` (proc_pid_fd(5)): what openat(2) reaches, for calls of every kind. */
const OPEN_FOLDERS = Buffer.from('/proc/self/fd/');
const SLASH = 0x2f;
const ZERO = 0x30;
const NINE = 0x39;
/** More descriptors than that nobody has (proc_sys_fs(5), nr_open), and a number of so many digits is an `int`. */
const MOST_DIGITS = 9;

export class OpenFolderPaths {
  private folder = -1;
  private prefix: Buffer = OPEN_FOLDERS;

  /** The path of `name` in `folder`. Many names of one folder come in a row. */
  path(folder: number, name: Buffer): Buffer {
    if (folder !== this.folder) {
      this.folder = folder;
      this.prefix = Buffer.from(`${OPEN_FOLDERS}${folder}/`);
    }
    const { prefix } = this;
    const path = Buffer.allocUnsafe(prefix.length + name.length);
    path.set(prefix);
    path.set(name, prefix.length);
    return path;
  }
}

/** The open folder that a path leads through, and where the rest of the path, which is relative, begins. */
export function splitOpenFolder(path: Buffer): { folder: number; start: number } | undefined {
  const digits = OPEN_FOLDERS.length;
  for (let i = 0; i < digits; i++) if (path[i] !== OPEN_FOLDERS[i]) return undefined;
  let end = digits;
  let folder = 0;
  for (; end < digits + MOST_DIGITS && path[end]! >= ZERO && path[end]! <= NINE; end++) {
    folder = folder * 10 + path[end]! - ZERO;
  }
  const start = end + 1;
  const isNumber = end - digits === String(folder).length;
  const isRelative = start < path.length && path[start] !== SLASH;
  return isNumber && path[end] === SLASH && isRelative ? { folder, start } : undefined;
}

/** What is mounted where, as the kernel lists it for this process: /proc/self/mountinfo, proc_pid_mountinfo(5). */
import { readFileSync } from 'node:fs';

const MOUNTS = '/proc/self/mountinfo';
const SLASH = 0x2f;
const ROOT = '/';

/** As `PlatformReading.mountPointsBelow`. */
export function mountPointsBelow(folder: Buffer): Buffer[] {
  const isBelow = (path: Buffer) =>
    path.length > folder.length + 1 &&
    path[folder.length] === SLASH &&
    path.subarray(0, folder.length).equals(folder);
  return parseMounts(readMounts()).filter(folder.length === 1 ? (path) => path.length > 1 : isBelow);
}

/** Nothing where there is no /proc. */
function readMounts(): string {
  try {
    return readFileSync(MOUNTS, 'latin1');
  } catch {
    return '';
  }
}

interface Mount {
  id: string;
  parent: string;
  /** latin1 */
  path: string;
}

/** The mount points that a path leads to; the rest lie under something that was mounted above them later. */
export function parseMounts(text: string): Buffer[] {
  const mounts = text.split('\n').flatMap((line): Mount[] => {
    const [id, parent, , , path] = line.split(' ');
    // The first root is mounted on itself: on nothing.
    return id && parent && path ? [{ id, parent: parent === id ? '' : parent, path: plainPath(path) }] : [];
  });
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const byParent = Map.groupBy(mounts, ({ parent }) => parent);
  const places = new Map([...byParent].map(([id, on]) => [id, new Set(on.map(({ path }) => path))]));
  const hidden = new Map<string, boolean>();
  const isHidden = ({ id, parent, path }: Mount): boolean => {
    const known = hidden.get(id);
    if (known !== undefined) return known;
    // A list that changed while it was read may lead back to itself.
    hidden.set(id, false);
    const on = byId.get(parent);
    // Had it been mounted before this one, this one would be mounted on it.
    const isCovered = foldersAbove(path).some((folder) => places.get(parent)!.has(folder));
    const answer = isCovered || (on !== undefined && isHidden(on));
    hidden.set(id, answer);
    return answer;
  };
  return mounts.filter((mount) => !isHidden(mount)).map(({ path }) => Buffer.from(path, 'latin1'));
}

function foldersAbove(path: string): string[] {
  if (path === ROOT) return [];
  const names = path.split('/').slice(1, -1);
  return [ROOT, ...names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`)];
}

/** Blank, tab, newline and backslash stand as three octal digits. */
function plainPath(path: string): string {
  return path.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

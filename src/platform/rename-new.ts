/**
 * A rename that replaces nothing, in one step or not at all. A restore may do without (`renameNoReplaceInSteps`); where
 * safety rests on it, nothing may take its place.
 */
import { AT_FDCWD, type Libc, loadLibc, RENAME_NOREPLACE } from './linux/libc.ts';
import { PathArguments } from './linux/path-arguments.ts';

/**
 * Moves a file to a name that does not exist.
 * @throws Node's errno errors: EEXIST where it does, EINVAL or ENOSYS where the file system or the kernel cannot do it in one step
 */
export type RenameNew = (from: string, to: string) => void;

/** Undefined where the call is out of reach: another system, koffi's binary missing. */
export function loadRenameNew(): RenameNew | undefined {
  let libc: Libc;
  try {
    libc = loadLibc();
  } catch {
    return undefined;
  }
  const paths = new PathArguments(libc);
  return (from, to) => {
    const [source, target] = [Buffer.from(from), Buffer.from(to)];
    const [first, second] = [paths.first(source), paths.second(target)];
    paths.done(libc.renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_NOREPLACE), 'rename', source, target);
  };
}

/** Which version of a file is meant: by its number in `log FILE`, by its checksum, or by a time. */
import { VaultError } from '../../errors.ts';
import type { Entry } from '../../objects/model.ts';
import { quote } from '../../objects/names.ts';
import type { Id } from '../../store/id.ts';
import { logPath, type PathVersion } from '../history/file-log.ts';
import type { Progress } from '../progress.ts';
import type { Repository } from '../repository.ts';

export interface VersionQuery {
  /** as `log FILE` counts them, 1 is the newest */
  number?: number;
  /** the first digits of its SHA-256, lower case */
  sha256?: string;
  /** nanoseconds since 1970: the version that was there then */
  at?: bigint;
}

/**
 * @param path from the root
 * @throws NOT_FOUND when there is none, AMBIGUOUS for a checksum that several contents begin with
 */
export async function findVersion(
  repository: Repository,
  path: Buffer,
  query: VersionQuery,
  progress?: Progress,
): Promise<{ snapshot: Id; entry: Entry }> {
  const { at, sha256, number } = query;
  const versions = await logPath(repository, path, {
    ...(at !== undefined && { until: at, limit: 1 }),
    ...(progress && { progress }),
  });
  let found: PathVersion | undefined;
  for await (const version of versions) {
    if (sha256 !== undefined && !version.entry?.sha256?.toString('hex').startsWith(sha256)) continue;
    if (number !== undefined && version.number !== number) continue;
    if (found && !found.entry!.sha256!.equals(version.entry!.sha256!)) throw ambiguous(path, sha256!);
    found ??= version;
    if (number !== undefined) break;
  }
  if (!found) throw none(path, query);
  if (!found.entry) throw deleted(path, found);
  return { snapshot: found.id, entry: found.entry };
}

function none(path: Buffer, { number, sha256 }: VersionQuery): VaultError {
  const which =
    number === undefined ? (sha256 === undefined ? 'at that time' : `with ${sha256}`) : `number ${number}`;
  return new VaultError('NOT_FOUND', `there is no version of ${quote(path)} ${which}`, {
    hint: '`vault log FILE` lists the versions',
    subject: path.toString(),
  });
}

function deleted(path: Buffer, { letter }: PathVersion): VaultError {
  const why = letter === 'D' ? 'had been deleted then' : 'is no longer stored in that version';
  return new VaultError('NOT_FOUND', `${quote(path)} ${why}`, {
    hint: '`vault log FILE` lists the versions',
    subject: path.toString(),
  });
}

function ambiguous(path: Buffer, digits: string): VaultError {
  return new VaultError('AMBIGUOUS', `several contents of ${quote(path)} begin with ${digits}`, {
    hint: 'give more digits, or --version',
    subject: path.toString(),
  });
}

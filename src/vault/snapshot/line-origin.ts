/** Whose history a line is, for the vault at hand. */
import { checkLine, type LineInfo, lineInfo } from '../../refs/lines.ts';
import type { Repository } from '../repository.ts';

/** Who a line belongs to. An embedded vault moves with its folder, so there the place is the vault itself. */
export function originOf(repository: Repository, root: Buffer): LineInfo {
  const { host, hostId } = repository.environment;
  return repository.embedded ? lineInfo('', host, Buffer.from('.')) : lineInfo(hostId, host, root);
}

/** @throws REFUSED for a line of another host or folder */
export async function checkOrigin(repository: Repository, line: string, origin: LineInfo): Promise<void> {
  checkLine(line, (await repository.refs.current('heads', line))?.line, origin);
}

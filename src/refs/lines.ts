/**
 * Whose history a line is. Each record of a line names the host and the folder it was made of, so that two folders
 * never end up in one history by accident.
 */
import { VaultError } from '../errors.ts';

export interface LineInfo {
  /** of the machine, so that hosts with one name are told apart */
  hostId: string;
  /** the folder's absolute path: base64 of its bytes */
  root: string;
  /** the host's name, for messages */
  host: string;
}

export function lineInfo(hostId: string, host: string, root: Buffer): LineInfo {
  return { hostId, root: root.toString('base64'), host };
}

/**
 * Asserts that `mine` may be recorded on the line whose newest record says `recorded`.
 * @throws REFUSED when it is the history of another host or folder
 */
export function checkLine(name: string, recorded: LineInfo | undefined, mine: LineInfo): void {
  if (!recorded || (recorded.hostId === mine.hostId && recorded.root === mine.root)) return;
  const other = recorded.hostId === mine.hostId ? '' : ` on host ${recorded.host || recorded.hostId}`;
  throw new VaultError(
    'REFUSED',
    `line ${name} is the history of ${shownRoot(recorded)}${other}, not of ${shownRoot(mine)}; nothing was changed`,
    {
      hint: `if it is the same folder, moved, run \`vault snapshot --line ${name}\`; --line NEW-NAME begins a line of its own`,
      subject: `refs/heads/${name}`,
      details: { recorded, mine },
    },
  );
}

function shownRoot(line: LineInfo): string {
  return JSON.stringify(Buffer.from(line.root, 'base64').toString());
}

/** What Node says of a system call that failed, for a person. */
import { printableLine } from '../text/quoting.ts';

/** A line: `ENOSPC: no space left on device, write '/a'` without the code, the call and its paths. It may be what a snapshot says. */
export function reasonOf({ code, message }: Pick<NodeJS.ErrnoException, 'code' | 'message'>): string {
  return printableLine(message.replace(`${code}: `, '').replace(/, \w+( '.*')?( -> '.*')?$/s, ''));
}

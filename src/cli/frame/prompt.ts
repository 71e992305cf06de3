/** Questions, asked on the terminal itself: stdin may be data. Without a terminal the answer is a refusal (exit 8). */
import { openSync } from 'node:fs';
import { VaultError } from '../../errors.ts';
import { printable } from '../text/quoting.ts';

export interface ConfirmOptions {
  /** `--yes` */
  yes: boolean;
  signal: AbortSignal;
}

/**
 * Returns when the answer is yes.
 * @param question without a question mark's `[y/N]`
 * @throws REFUSED for any other answer, and where there is nobody to ask
 */
export async function confirm(question: string, { yes, signal }: ConfirmOptions): Promise<void> {
  if (yes) return;
  const answer = await ask(`${printable(question)} [y/N] `, signal);
  if (/^\s*y(es)?\s*$/i.test(answer)) return;
  throw new VaultError('REFUSED', 'not confirmed: nothing was changed', { hint: 'answer y, or give --yes' });
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const fd = openTerminal(question);
  const [{ createInterface }, { ReadStream, WriteStream }] = await Promise.all([
    import('node:readline/promises'),
    import('node:tty'),
  ]);
  const input = new ReadStream(fd);
  // Not `terminal`: in its raw mode Ctrl-C would be a key, here it is a signal like any other time.
  const lines = createInterface({ input, output: new WriteStream(fd), terminal: false });
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    return await Promise.race([lines.question(question, { signal }), closed]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
    input.destroy();
  }
}

function openTerminal(question: string): number {
  try {
    return openSync('/dev/tty', 'r+');
  } catch (cause) {
    throw new VaultError('REFUSED', `there is no terminal to ask: ${question.trimEnd()}`, {
      hint: 'give --yes to go ahead without being asked; nothing was changed',
      cause,
    });
  }
}

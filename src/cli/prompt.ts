/** Questions, asked on the terminal itself: stdin may be data. Without a terminal the answer is a refusal (exit 8). */
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ReadStream, WriteStream } from 'node:tty';
import { VaultError } from '../errors.ts';
import { printable } from './quoting.ts';

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
  const input = new ReadStream(fd);
  const lines = createInterface({ input, output: new WriteStream(fd) });
  try {
    return await lines.question(question, { signal });
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

/** How a failure reaches the user: two lines on stderr, or one JSON document on stdout; a stack only with `DEBUG`. */
import { inspect } from 'node:util';
import { VaultError } from '../../errors.ts';
import { type ErrorFields, errorDocument } from '../text/json.ts';
import { printable } from '../text/quoting.ts';
import { codeOf, Exit, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { ClosedPipe, say, stdout } from './output.ts';
import { reasonOf } from './system-error.ts';

/** Prints the failure and returns the exit code that goes with it. */
export function report(error: unknown, json: boolean): ExitCode {
  if (error instanceof ClosedPipe) return Exit.ok;
  const fields = fieldsOf(error);
  if (process.env.DEBUG) say(`${inspect(error, { depth: 5 })}\n`);
  if (json) {
    attempt(() => stdout.write(errorDocument(fields)));
  } else {
    attempt(() => stdout.flush()); // what was found before the failure comes before the message
    say(`vault: ${printable(fields.message)}\n`);
    if (fields.hint !== undefined) say(`hint: ${printable(fields.hint)}\n`);
  }
  return fields.exit as ExitCode;
}

/** A stdout that fails, too, must not hide what is reported. */
function attempt(write: () => unknown): void {
  try {
    write();
  } catch {
    // said by the exit code
  }
}

function fieldsOf(error: unknown): ErrorFields {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const exit = exitCodeOf(code);
  if (error instanceof VaultError) {
    const { hint, subject, details } = error;
    return {
      code,
      message,
      ...(hint !== undefined && { hint }),
      ...(subject !== undefined && { subject }),
      ...(details !== undefined && { details }),
      exit,
    };
  }
  if (code === 'ABORTED') return { code, message: 'interrupted', exit };
  if (code !== 'BUG') return { code, message: plainSystemError(error as NodeJS.ErrnoException), exit };
  const hint =
    'this is a bug in vault: run it again with DEBUG=1 in the environment and report what it prints';
  return { code, message: `unexpected error: ${message}`, hint, exit };
}

/** With the path in front. */
function plainSystemError(error: NodeJS.ErrnoException): string {
  return error.path === undefined ? reasonOf(error) : `${error.path}: ${reasonOf(error)}`;
}

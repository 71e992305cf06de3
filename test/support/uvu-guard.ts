/**
 * Preloaded into every test file by `test/run.ts`: puts a recorder between the file and uvu, and when the process
 * ends writes what it saw to descriptor 3. uvu alone exits 0 on a throwing `before`, a forgotten `.run()`, a left-in
 * `.only` and a file without tests, and does not say which test never settled.
 */
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const REPORT_FD = 3;

// A worker thread of the file's loads this too, and has nothing to report.
if (isMainThread) {
  const { records } = await import('./uvu-recorder.ts');
  const url = new URL('./uvu-recorder.ts', import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'uvu' ? { url, shortCircuit: true } : next(specifier, context),
  });
  /** The runner's way to say that the time is over. */
  process.on('SIGUSR2', () => process.exit(1));
  process.on('exit', () => writeSync(REPORT_FD, JSON.stringify(records)));
}

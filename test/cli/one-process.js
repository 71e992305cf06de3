/**
 * Runs commands of the built program one after the other: `node one-process.js MARK LIST`, where LIST is JSON, the arguments of each.
 * They begin in the same folder; behind what each says, `MARK<exit code>\n` stands on standard output and on standard error.
 */
import { writeSync } from 'node:fs';

const [mark, list] = process.argv.slice(2);
const folder = process.cwd();
const { main } = await import('../../dist/main.js');

// Each command listens for signals and for what nobody catches, and ends its process.
process.setMaxListeners(0);
const { exit } = process;
let ended;
process.exit = (code) => {
  ended = code;
};

for (const words of JSON.parse(list)) {
  process.chdir(folder);
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...words);
  await main();
  for (const fd of [1, 2]) writeSync(fd, `${mark}${ended}\n`);
}
exit(0);

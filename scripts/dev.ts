/** `node scripts/dev.ts …` runs the command line from the sources, without a build. */
import { main } from '../src/main.ts';

await main();

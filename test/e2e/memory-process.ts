/**
 * Takes two snapshots and prints what memory that took: `node memory-process.ts <base>`. Megabytes, of the whole process
 * with its threads.
 */
import { join } from 'node:path';
import { hostEnvironment, openVault, takeSnapshot } from '../../src/index.ts';

const base = process.argv[2]!;
const root = join(base, 'root');
const environment = hostEnvironment(join(base, 'cache'));
const vault = await openVault({ store: join(root, '.vault'), root: Buffer.from(root), environment });
const first = await takeSnapshot(vault, { threads: 2 });
await takeSnapshot(vault, { threads: 2 });
await vault.close();
const { files, others } = first.snapshot.stats;
console.log(JSON.stringify({ files, others, megabytes: process.resourceUsage().maxRSS / 1024 }));

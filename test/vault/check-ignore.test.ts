/** The answers about single paths are those of the scan. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IgnoreChecker, initVault, planSnapshot } from '../../src/index.ts';
import { inventory } from './inventory.ts';
import { withKept } from './kept.ts';

test('every path of a folder is judged as the scan does', () =>
  withKept(async (kept) => {
    const files = {
      '.vaultignore': '*.o\n/only-top\nfolder/\n!kept.o\nsome/**/deep\nsp\\ ace\n',
      'a.o': '',
      'kept.o': '',
      'only-top/x': '',
      'in/only-top': '',
      'in/folder/y': '',
      'in/folder2/folder': 'a file of that name',
      'in/.vaultignore': '!back.o\n*.x\n',
      'in/back.o': '',
      'in/a.x': '',
      'in/deeper/.vaultignore': '!a.x\n',
      'in/deeper/a.x': '',
      'in/deeper/b.x': '',
      'some/a/b/deep/file': '',
      'sp ace': '',
      'excluded.txt': '',
      'cache/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55',
      'cache/in/it': '',
      'no-cache/CACHEDIR.TAG': 'something else',
      'no-cache/x': '',
      '.vault_restore_previous_x': '',
      'half.vault_stage/x': '',
      'link/.vault': 'store = "/elsewhere"\nline = "a"\n',
      'mine/.vault/x': '',
    };
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(kept.at(path), '..'), { recursive: true });
      writeFileSync(kept.at(path), content);
    }
    symlinkSync('in', kept.at('sym.o'));
    const vault = await kept.init();
    mkdirSync(kept.at('inner'));
    await initVault({ folder: kept.at('inner'), environment: vault.environment });
    const exclude = ['excluded.*', '!/a.o'];
    const plan = await planSnapshot(vault, { threads: 1, mostExcluded: 1000, exclude });
    const wanted = plan.scanned.excluded.map(({ path, reason }) => `${path.toString('latin1')} ${reason}`);
    assert.ok(wanted.length >= 14, wanted.join('\n'));

    const checker = new IgnoreChecker(vault, { exclude });
    const found: string[] = [];
    const left = new Set<string>();
    for (const path of inventory(vault.root!, () => false).keys()) {
      const { ignored, reason } = checker.check(Buffer.from(path, 'latin1'));
      const above = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      if (left.has(above)) assert.ok(ignored, `${path} lies in what is left out`);
      else if (ignored) found.push(`${path} ${reason}`);
      if (ignored) left.add(path);
    }
    assert.equal(found.sort(), wanted.sort());
  }));

test.run();

/**
 * Restores to real file systems of other kinds, mounted here: replaced, undone after another mount, merged, undone. Needs root; what
 * cannot be mounted is said and passed over.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { undoRestore } from '../../src/index.ts';
import { take, withKept } from '../vault/kept.ts';
import { assertNoStage, restorePath } from '../vault/restore/restored.ts';
import type { Part } from './run.ts';

const IMAGE_BYTES = 320 * 1024 * 1024;

interface FileSystem {
  /** commands; `I` is an image, `B` a folder to build upon, `M` where it is mounted */
  make?: string;
  mount: string;
}

const KINDS: Record<string, FileSystem> = {
  xfs: { make: 'mkfs.xfs -q I', mount: 'mount -o loop I M' },
  btrfs: { make: 'mkfs.btrfs -q I', mount: 'mount -o loop I M' },
  ext2: { make: 'mkfs.ext2 -q I', mount: 'mount -o loop I M' },
  ntfs: { make: 'mkntfs -qQF I', mount: 'ntfs-3g I M' },
  bindfs: { mount: 'bindfs B M' },
  mergerfs: { mount: 'mergerfs -o allow_other,use_ino B M' },
  sshfs: { mount: 'sshfs -o ssh_command=S root@127.0.0.1:B M' },
};

export const foldersPart: Part = ({ deadline, say }) =>
  withKept(async (kept) => {
    mkdirSync(kept.at('docs'));
    for (const name of ['a', 'docs/b']) writeFileSync(kept.at(name), 'recorded');
    const vault = await kept.init();
    const taken = await take(vault);
    const ssh = join(kept.base, 'ssh');
    writeFileSync(ssh, '#!/bin/sh\nexec /usr/lib/openssh/sftp-server\n', { mode: 0o755 });
    let done = 0;
    for (const [kind, { make, mount }] of Object.entries(KINDS)) {
      if (performance.now() > deadline) break;
      const [image, back, at] = ['image', 'back', 'at'].map((name) => join(kept.base, `${kind}.${name}`));
      for (const folder of [back!, at!]) mkdirSync(folder);
      const run = (command: string) => {
        const words: Record<string, string> = { I: image!, B: back!, M: at! };
        const args = command
          .split(' ')
          .map((word) => words[word] ?? word.replace('=S', `=${ssh}`).replace(':B', `:${back}`));
        execFileSync(args[0]!, args.slice(1), { stdio: 'ignore' });
      };
      try {
        if (make) {
          writeFileSync(image!, '');
          truncateSync(image!, IMAGE_BYTES);
          run(make);
        }
        run(mount);
      } catch {
        say(`${kind}: cannot be mounted here`);
        continue;
      }
      try {
        const records = Buffer.from(join(kept.base, `${kind}.state`));
        const to = join(at!, 'to');
        mkdirSync(to);
        writeFileSync(join(to, 'a'), 'mine');
        for (const how of [{ replace: true }, { conflict: 'overwrite' }] as const) {
          await restorePath(vault, taken, '', to, { records, ...how });
          check(readFileSync(join(to, 'a'), 'utf8') === 'recorded', `${kind}: restored`);
          run('umount M');
          run(mount);
          await undoRestore({ records, environment: kept.environment });
          check(
            readFileSync(join(to, 'a'), 'utf8') === 'mine' && readdirSync(to).length === 1,
            `${kind}: undone`,
          );
          assertNoStage(to);
        }
        done++;
        say(`${kind}: restored and undone`);
      } finally {
        run('umount M');
      }
    }
    return `${done} kinds`;
  });

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not ${what}`);
}

/**
 * A store on each file system that this machine can make and mount, by the built command: four writers at once, the index lost,
 * integrity, a restore, and the same mounted read-only. Where a file system is no place for a store, `init` refuses and leaves nothing.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import type { Part } from './run.ts';

const MIB = 1024 * 1024;
const WRITERS = [1, 2, 3, 4];
const BIN = resolve(import.meta.dirname, '../../bin/vault.js');

interface Disk {
  name: string;
  size: number;
  /** programs, the first of which gets the image as its last argument */
  make: [string, ...string[]];
  /** gets the image and the place */
  mount: [string, ...string[]];
  /** `init` refuses */
  unfit?: boolean;
}

const LOOP: Disk['mount'] = ['mount', '-o', 'loop'];
const DISKS: Disk[] = [
  { name: 'ext4', size: 64 * MIB, make: ['mkfs.ext4', '-q'], mount: LOOP },
  { name: 'ext2', size: 64 * MIB, make: ['mkfs.ext2', '-q'], mount: LOOP },
  { name: 'xfs', size: 320 * MIB, make: ['mkfs.xfs', '-q'], mount: LOOP },
  { name: 'btrfs', size: 200 * MIB, make: ['mkfs.btrfs', '-q'], mount: LOOP },
  { name: 'ntfs', size: 64 * MIB, make: ['mkfs.ntfs', '-qFf'], mount: ['ntfs-3g'] },
  { name: 'fat', size: 64 * MIB, make: ['mkfs.vfat'], mount: ['fusefat', '-o', 'rw+'], unfit: true },
];

export const storesPart: Part = async ({ say }) => {
  const done: string[] = [];
  for (const disk of DISKS) {
    const missing = [disk.make[0], disk.mount[0]].filter((name) => !isThere(name));
    if (missing.length > 0 || process.getuid?.() !== 0) {
      say(`${disk.name} left out: ${missing.join(', ') || 'no right to mount'}`);
      continue;
    }
    const base = mkdtempSync(join(tmpdir(), 'vault-disk-'));
    try {
      await onDisk(disk, base);
      done.push(disk.name);
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  }
  return `as they shall be: ${done.join(', ')}`;
};

async function onDisk(disk: Disk, base: string): Promise<void> {
  const [image, place] = [join(base, 'image'), join(base, 'disk')];
  mkdirSync(place);
  writeFileSync(image, '');
  truncateSync(image, disk.size);
  call(disk.make, image);
  call(disk.mount, image, place);
  try {
    if (disk.unfit) return refused(base, place);
    await used(base, join(place, 'store'));
    if (disk.mount === LOOP) {
      call(['mount', '-o', 'remount,ro'], place);
      readable(base, 'read-only');
    }
  } finally {
    call(['umount'], place);
  }
}

function refused(base: string, place: string): void {
  const store = join(place, 'store');
  const { status, stderr } = spawnSync(process.execPath, [BIN, 'init', base, '--store', store]);
  assert.is(status, 8, String(stderr));
  assert.match(String(stderr), 'neither hard links');
  assert.not.ok(existsSync(store));
}

async function used(base: string, store: string): Promise<void> {
  for (const writer of WRITERS) {
    const folder = join(base, `folder${writer}`);
    mkdirSync(folder);
    for (let i = 0; i < 50; i++) writeFileSync(join(folder, `file${i}`), randomBytes(10_000));
    vault(base, 'init', folder, '--store', store, '--line', `line${writer}`);
  }
  for (let round = 0; round < 2; round++) {
    const children = WRITERS.map((writer) =>
      spawn(process.execPath, [BIN, '-C', join(base, `folder${writer}`), '-q', 'snapshot'], options(base)),
    );
    for (const [status] of await Promise.all(children.map((child) => once(child, 'close'))))
      assert.is(status, 0);
  }
  rmSync(join(store, 'index'), { recursive: true });
  readable(base, 'restored');
  vault(base, '-C', join(base, 'folder1'), 'forget', '--keep-last', '1', '--apply');
  vault(base, '-C', join(base, 'folder1'), 'gc', '--force');
  readable(base, 'after-gc');
}

function readable(base: string, name: string): void {
  for (const writer of WRITERS) {
    const folder = join(base, `folder${writer}`);
    const to = join(base, `${name}${writer}`);
    vault(base, '-C', folder, 'restore', 'HEAD', '--to', to);
    execFileSync('diff', ['-r', '--exclude=.vault', folder, to]);
  }
  vault(base, '-C', join(base, 'folder1'), 'check', '--read-data');
}

function options(base: string) {
  const home = join(base, 'home');
  const env = { PATH: process.env.PATH, HOME: home };
  return { env, stdio: 'ignore' as const };
}

function vault(base: string, ...args: string[]): void {
  execFileSync(process.execPath, [BIN, ...args], { ...options(base), stdio: ['ignore', 'ignore', 'pipe'] });
}

function call([program, ...args]: [string, ...string[]], ...more: string[]): void {
  execFileSync(program, [...args, ...more], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

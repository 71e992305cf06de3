/**
 * `node test/platform/figures.ts [TREE]`: what the calls of scan and seal cost on this machine, for both platforms.
 * Each line is the best of several rounds, warm.
 */
import * as fs from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Kind } from '../../src/objects/model.ts';
import { createLinuxPlatform } from '../../src/platform/linux.ts';
import type { Directory, Platform } from '../../src/platform/platform.ts';
import { createPortablePlatform } from '../../src/platform/portable.ts';

const ROUNDS = 8;
const FILES = 20_000;
const SLASH = Buffer.from('/');
const root = Buffer.from(process.argv[2] ?? 'node_modules');

function best(title: string, count: number, round: () => void): void {
  let shortest = Number.POSITIVE_INFINITY;
  let leastCpu = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS; i++) {
    const cpu = process.cpuUsage();
    const began = performance.now();
    round();
    shortest = Math.min(shortest, performance.now() - began);
    const { user, system } = process.cpuUsage(cpu);
    leastCpu = Math.min(leastCpu, (user + system) / 1000);
  }
  const column = (ms: number) => ms.toFixed(0).padStart(6);
  const each = ((shortest * 1000) / count).toFixed(2).padStart(6);
  console.log(`${title.padEnd(46)} ${column(shortest)} ms, CPU ${column(leastCpu)} ms, ${each} µs each`);
}

/** Entries below an open folder, each looked at; closes it. */
function walk(directory: Directory): number {
  let count = directory.length;
  for (let i = 0; i < directory.length; i++) {
    if (directory.stat(i).kind === Kind.dir) count += walk(directory.openDirectory(i));
  }
  directory.close();
  return count;
}

function walkByPath(platform: Platform, path: Buffer, files: Buffer[]): number {
  const directory = platform.openDirectory(path);
  let count = directory.length;
  for (let i = 0; i < directory.length; i++) {
    const { kind } = directory.stat(i);
    const below = Buffer.concat([path, SLASH, directory.name(i)]);
    if (kind === Kind.dir) count += walkByPath(platform, below, files);
    else if (kind === Kind.file && files.length < FILES) files.push(below);
  }
  directory.close();
  return count;
}

function walkPlainNode(path: string): number {
  const names = fs.readdirSync(path);
  let count = names.length;
  for (const name of names) {
    const below = `${path}/${name}`;
    if (fs.lstatSync(below, { bigint: true }).isDirectory()) count += walkPlainNode(below);
  }
  return count;
}

function measure(platform: Platform): void {
  const files: Buffer[] = [];
  const into = Buffer.allocUnsafeSlow(1 << 20);
  const entries = walkByPath(platform, root, files);
  const title = (what: string) => `${platform.name}: ${what}`;
  best(title(`walk and stat of ${entries}`), entries, () => walk(platform.openDirectory(root)));
  best(title('the same, folders by path'), entries, () => walkByPath(platform, root, []));
  best(title('lstat'), files.length, () => {
    for (const file of files) platform.lstat(file);
  });
  best(title('open, close'), files.length, () => {
    for (const file of files) platform.close(platform.openForRead(file));
  });
  best(title('open, fstat, read, close'), files.length, () => {
    for (const file of files) {
      const fd = platform.openForRead(file);
      platform.fstat(fd);
      platform.read(fd, into, 0);
      platform.close(fd);
    }
  });
  best(title('attributes of a path'), files.length, () => {
    for (const file of files) platform.listXattrs(file);
  });
  const fd = platform.openForRead(files[0]!);
  best(title('attributes of a descriptor'), files.length, () => {
    for (let i = 0; i < files.length; i++) platform.listXattrsFd(fd);
  });
  platform.close(fd);
}

const began = performance.now();
const linux = createLinuxPlatform();
console.log(`making the Linux platform: ${(performance.now() - began).toFixed(1)} ms`);
const entries = walkPlainNode(root.toString());
best(`plain Node: walk and lstat of ${entries}`, entries, () => walkPlainNode(root.toString()));
measure(linux);
measure(createPortablePlatform());

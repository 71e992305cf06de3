import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  formatAge,
  formatCount,
  formatCounted,
  formatDuration,
  formatMode,
  formatSize,
  formatTime,
} from '../../src/cli/text/format.ts';

process.env.TZ = 'Asia/Kolkata';

test('counts', () => {
  assert.is(formatCount(0), '0');
  assert.is(formatCount(999), '999');
  assert.is(formatCount(1204), '1,204');
  assert.is(formatCount(1234567n), '1,234,567');
  assert.is(formatCount(-1204), '-1,204');
  assert.is(formatCounted(1, 'file'), '1 file');
  assert.is(formatCounted(0, 'file'), '0 files');
  assert.is(formatCounted(2, 'entry', 'entries'), '2 entries');
});

test('sizes', () => {
  assert.is(formatSize(0), '0 bytes');
  assert.is(formatSize(1), '1 byte');
  assert.is(formatSize(999), '999 bytes');
  assert.is(formatSize(1000), '1.0 kB');
  assert.is(formatSize(999_949), '999.9 kB');
  assert.is(formatSize(999_950), '1.0 MB');
  assert.is(formatSize(312_400_000), '312.4 MB');
  assert.is(formatSize(2 ** 53), '9.0 PB');
});

test('durations', () => {
  assert.is(formatDuration(0), '0.0 s');
  assert.is(formatDuration(912), '0.9 s');
  assert.is(formatDuration(9_960), '10 s');
  assert.is(formatDuration(59_600), '1 min 0 s');
  assert.is(formatDuration(185_000), '3 min 5 s');
  assert.is(formatDuration(7_800_000), '2 h 10 min');
});

test('ages', () => {
  const now = 1_700_000_000;
  assert.is(formatAge(now, now), 'just now');
  assert.is(formatAge(now - 59, now), 'just now');
  assert.is(formatAge(now - 60, now), '1 minute ago');
  assert.is(formatAge(now - 3 * 3600, now), '3 hours ago');
  assert.is(formatAge(now - 13 * 86_400, now), '1 week ago');
  assert.is(formatAge(now - 800 * 86_400, now), '2 years ago');
  assert.is(formatAge(now + 30, now), 'just now');
  assert.is(formatAge(now + 120, now), 'in the future');
});

test('local times', () => {
  assert.is(formatTime(0), '1970-01-01 05:30:00 +0530');
  assert.is(formatTime(-1), '1970-01-01 05:29:59 +0530');
  assert.is(formatTime(9e15), '@9000000000000000');
});

test('modes', () => {
  assert.is(formatMode('-', 0o644), '-rw-r--r--');
  assert.is(formatMode('d', 0o1777), 'drwxrwxrwt');
  assert.is(formatMode('-', 0o6711), '-rws--s--x');
  assert.is(formatMode('-', 0o7000), '---S--S--T');
});

test.run();

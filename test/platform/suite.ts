/**
 * The contract of platform.ts as a suite that both platforms are handed to. Where a platform lacks an ability, the test
 * asks that it refuses; skipped, by name, is only what this machine or user cannot do.
 */
import { suite } from 'uvu';
import type { Platform } from '../../src/platform/platform.ts';
import { defineDirectory } from './suite-directory.ts';
import { defineMetadata } from './suite-metadata.ts';
import { defineNames } from './suite-names.ts';
import { defineOpenFolder } from './suite-open-folder.ts';
import { defineReading } from './suite-reading.ts';
import { defineXattrs } from './suite-xattrs.ts';

export type Test = ReturnType<typeof suite>;

export function platformSuite(platform: Platform): void {
  const test = suite(platform.name);
  defineReading(test, platform);
  defineDirectory(test, platform);
  defineMetadata(test, platform);
  defineNames(test, platform);
  defineOpenFolder(test, platform);
  defineXattrs(test, platform);
  test.run();
}

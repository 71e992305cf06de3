/**
 * Changes one key of the user's config and leaves the rest of the file, comments included, as it was. A line is edited,
 * then both texts are parsed and compared: where more than that key would differ, nothing is written.
 */
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'smol-toml';
import { VaultError } from '../../errors.ts';
import { parseUserConfig, readConfigText, USER_KEYS, type UserKey, userConfigPath } from './user-config.ts';

/** @throws USAGE for a value that the key cannot have, REFUSED for a file that is too unusual to edit */
export function setUserKey(key: UserKey, value: string): void {
  const fault = value.isWellFormed() ? USER_KEYS[key].fault(value) : 'must be UTF-8';
  if (fault !== undefined) {
    throw new VaultError('USAGE', `"${key}" ${fault}`, {
      hint: `for example: vault config set ${key} ${USER_KEYS[key].example}`,
      subject: key,
    });
  }
  const file = userConfigPath();
  const old = readConfigText(file) ?? '';
  const wanted = Object.assign(parseUserConfig(old, file), { [key]: value });
  const text = withLine(old, key, stringify({ [key]: value }).trim());
  if (!isDeepStrictEqual(tryParse(text, file), wanted)) {
    throw new VaultError('REFUSED', `${file} is written in a way that cannot be edited safely`, {
      hint: `set "${key}" there by hand; nothing was changed`,
      subject: file,
    });
  }
  publish(file, text, true);
}

/** Writes a file with every key as a comment. @throws REFUSED when there is one */
export function initUserConfig(): void {
  publish(userConfigPath(), defaultText(), false);
}

function defaultText(): string {
  const keys = (Object.keys(USER_KEYS) as UserKey[]).flatMap((key) => {
    const { summary, example } = USER_KEYS[key];
    return [`# ${summary}`, `# ${stringify({ [key]: example }).trim()}`, ''];
  });
  return ['# What all vault commands of this user go by. TOML; see `vault help config`.', '', ...keys].join(
    '\n',
  );
}

/** Over the line that sets the key, else below its example, else before the first table. */
function withLine(text: string, key: string, line: string): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const table = lines.findIndex((one) => /^\s*\[/.test(one));
  const top = table < 0 ? lines.length : table;
  const set = lines.slice(0, top).findIndex((one) => new RegExp(`^\\s*${key}\\s*=`).test(one));
  if (set >= 0) lines[set] = line + commentOf(lines[set]!);
  else {
    const example = lines.slice(0, top).findIndex((one) => new RegExp(`^#\\s*${key}\\s*=`).test(one));
    lines.splice(example < 0 ? top : example + 1, 0, line);
  }
  return `${lines.join('\n')}\n`;
}

/** What stands behind a value in quotes. */
function commentOf(line: string): string {
  return /^[^=]*=\s*(?:"(?:[^"\\]|\\.)*"|'[^']*')(\s*#.*)$/.exec(line)?.[1] ?? '';
}

function tryParse(text: string, file: string): unknown {
  try {
    return parseUserConfig(text, file);
  } catch {
    return undefined; // told as what it is: not to be edited
  }
}

/**
 * Whole or not at all: a crash leaves the old file, and perhaps a temporary one beside it. A symlink stays one. Unlike a cache file
 * it is synced, keeps its mode, and `init` must not replace one.
 */
function publish(file: string, text: string, replaces: boolean): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const { target, mode } = existing(file);
  const temporary = `${target}.${process.pid}.tmp`;
  const fd = openSync(temporary, 'wx', mode);
  try {
    try {
      writeFileSync(fd, text); // goes on after a short write, as a disk that gets full answers with
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (replaces) renameSync(temporary, target);
    else linkSync(temporary, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new VaultError('REFUSED', `${file} is there already`, {
      hint: 'edit it, or use `vault config set`',
      subject: file,
      cause,
    });
  } finally {
    rmSync(temporary, { force: true });
  }
}

function existing(file: string): { target: string; mode: number } {
  try {
    const target = realpathSync(file);
    return { target, mode: statSync(target).mode & 0o777 };
  } catch {
    return { target: file, mode: 0o600 };
  }
}

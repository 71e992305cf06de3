/** Reads files of a store's folder, whole or a range of them, and says what is wrong with them. */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { VaultError } from '../../errors.ts';
import type { OpenFile } from './fd-cache.ts';
import { errnoOf, ioError } from './fs-error.ts';
import { MAX_STORED } from './key.ts';

/** Never through a final symlink; a fifo must not block. */
const FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

/** @throws NOT_FOUND for anything but a file, else as `ioError` says */
export function openFile(key: string, path: string): OpenFile {
  try {
    const fd = fs.openSync(path, FLAGS);
    try {
      const stat = fs.fstatSync(fd);
      if (!stat.isFile()) throw notFound(key, path);
      return { fd, size: stat.size };
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  } catch (error) {
    throw readError(error, key, path);
  }
}

/**
 * `length` bytes of an open file from `offset`; all that is behind it unless given.
 * @throws DAMAGED for a range that reaches behind the end, else as `ioError` says
 */
export function readRange(path: string, file: OpenFile, offset: number, length?: number): Buffer {
  const buffer = rangeBuffer(path, file.size, offset, length);
  for (let done = 0; done < buffer.length; ) {
    let bytesRead: number;
    try {
      bytesRead = fs.readSync(file.fd, buffer, done, buffer.length - done, offset + done);
    } catch (error) {
      throw ioError(error, 'read', path);
    }
    if (bytesRead === 0) throw outOfRange(path, offset, buffer.length, offset + done);
    done += bytesRead;
  }
  return buffer;
}

/** Opens, reads as `readRange` does, and closes. Errors of both. */
export async function readFile(key: string, path: string, offset: number, length?: number): Promise<Buffer> {
  try {
    const handle = await fsp.open(path, FLAGS);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw notFound(key, path);
      const buffer = rangeBuffer(path, stat.size, offset, length);
      for (let done = 0; done < buffer.length; ) {
        const { bytesRead } = await handle.read(buffer, done, buffer.length - done, offset + done);
        if (bytesRead === 0) throw outOfRange(path, offset, buffer.length, offset + done);
        done += bytesRead;
      }
      return buffer;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readError(error, key, path);
  }
}

/** Checks the range before memory is taken for it; never from the shared pool, so that the caller may transfer it. */
function rangeBuffer(path: string, size: number, offset: number, length = size - offset): Buffer {
  if (offset < 0 || length < 0 || offset + length > size) throw outOfRange(path, offset, length, size);
  if (length <= MAX_STORED) return Buffer.allocUnsafeSlow(length);
  throw new VaultError('DAMAGED', `${path} is longer (${size} bytes) than anything a vault stores`, {
    hint: 'another file is in its place; run `vault check`',
    subject: path,
  });
}

function outOfRange(path: string, offset: number, length: number, size: number): VaultError {
  return new VaultError(
    'DAMAGED',
    `${path} has ${size} bytes, but bytes ${offset} to ${offset + length} are needed`,
    {
      hint: 'the file was cut short or another file is in its place; run `vault check`',
      subject: path,
    },
  );
}

function notFound(key: string, path: string, cause?: unknown): VaultError {
  return new VaultError('NOT_FOUND', `there is no file ${path}`, { subject: key, cause });
}

function readError(error: unknown, key: string, path: string): VaultError {
  const errno = errnoOf(error);
  if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EISDIR') return notFound(key, path, error);
  return ioError(error, 'read', path);
}

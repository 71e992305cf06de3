/** What `archive` is asked for, and where the bytes go. */
import { renameSync, rmSync, type Stats, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { ARCHIVE_FORMATS, type ArchiveFormat, VaultError } from '../../index.ts';
import { Flags } from '../frame/flags.ts';
import { columnsOf } from '../text/colour.ts';
import { quote } from '../text/quoting.ts';

const SLASH = 0x2f;
/** Bytes of a name on nearly every file system. */
const MOST_NAME = 255;

export const ARCHIVE_MANUAL = {
  description: `Writes what REV or REV:PATH holds as one file that other programs unpack: to standard output, or with -o to a file,
which appears when it is complete. The same snapshot gives the same bytes each time.

Modes, owners (tar only), times and symlinks are kept; in a tar also fractions of seconds, hard links, fifos and devices, in the pax
format. Extended attributes and ACLs are not, and holes are written as zeros. What a format has no word for is left out, with a
warning: sockets, and in a zip fifos and devices.`,
  examples: [
    {
      description: 'A folder as a tag has it',
      command: 'vault archive v1:src --format tar.gz --prefix src-1/ -o src-1.tar.gz',
    },
    {
      description: 'To another host',
      command: "vault archive HEAD --format tar | ssh host 'tar -x -C /srv'",
    },
  ],
};

export const archiveFlags = {
  format: Flags.option({
    options: ARCHIVE_FORMATS,
    helpValue: '<format>',
    summary: `${ARCHIVE_FORMATS.join(', ')}; what the name of -o says, else tar, unless given`,
  })(),
  output: Flags.string({ char: 'o', summary: 'write to this file', helpValue: '<file>' }),
  prefix: Flags.string({ summary: 'put this in front of every name', helpValue: '<folder>/' }),
};

interface ArchiveFlags {
  format: ArchiveFormat | undefined;
  output: string | undefined;
}

/** @throws REFUSED where bytes would go to a terminal */
export function archiveFormat({ format, output }: ArchiveFlags): ArchiveFormat {
  if (output === undefined && columnsOf(1) !== undefined) {
    throw new VaultError('REFUSED', 'an archive is not written to a terminal', {
      hint: 'name a file with -o, or send it through a pipe',
    });
  }
  if (format !== undefined) return format;
  if (output !== undefined && /\.t(ar\.)?gz$/i.test(output)) return 'tar.gz';
  return output !== undefined && /\.zip$/i.test(output) ? 'zip' : 'tar';
}

/**
 * Writes a file whole or not at all: beside its name first. What is no regular file (a fifo, a device) is written to directly. It comes in
 * pieces, may be larger than memory, has a name of any bytes and replaces what is there with the mode of a new file.
 * @returns bytes written
 */
export async function writeWhole(file: Buffer, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const isDirect = statOf(file)?.isFile() === false;
  const name = isDirect ? file : besideName(file);
  const naming = (error: unknown): never => {
    throw Object.assign(error as Error, { path: quote(file) }); // as the user named it
  };
  const handle = await open(name, isDirect ? 'w' : 'wx').catch(naming);
  let size = 0;
  try {
    try {
      for await (const piece of pieces) {
        await handle.writeFile(piece).catch(naming); // goes on where the last one ended
        size += piece.length;
      }
      if (!isDirect) await handle.sync().catch(naming);
    } finally {
      await handle.close();
    }
    if (!isDirect) renameSync(name, file);
    return size;
  } catch (error) {
    if (!isDirect) rmSync(name, { force: true });
    throw error;
  }
}

/** `<file>.<pid>.part`, cut where the name would be too long. */
function besideName(file: Buffer): Buffer {
  const suffix = Buffer.from(`.${process.pid}.part`);
  const most = file.lastIndexOf(SLASH) + 1 + MOST_NAME - suffix.length;
  return Buffer.concat([file.subarray(0, most), suffix]);
}

function statOf(file: Buffer): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}

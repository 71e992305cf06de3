/**
 * Differences as a patch in git's extended unified format, so that `git apply` and `patch` take the text parts. What that
 * format has no words for (owners, times, attributes, folders, fifos) is said in lines between, which both leave alone.
 */
import { contentDiff, type Difference, type Entry, Kind, modeText, type Side } from '../../index.ts';
import type { Paint } from '../text/colour.ts';
import { quote } from '../text/quoting.ts';
import { metadataText } from './change.ts';

const NOTHING = '/dev/null';
const SHORT_DIGITS = 8;

/** The text of one difference, in pieces. */
export async function* patchText(
  difference: Difference,
  a: Side,
  b: Side,
  paint: Paint,
): AsyncGenerator<string | Buffer, void, undefined> {
  const { path, old, new: next, letter } = difference;
  if (letter === 'T') {
    // As git has it: the old one goes, the new one comes.
    yield* patchText({ path, letter: 'D', metadataOnly: false, old: old! }, a, b, paint);
    yield* patchText({ path, letter: 'A', metadataOnly: false, new: next! }, a, b, paint);
    return;
  }
  const entry = (next ?? old)!;
  if (entry.kind !== Kind.file && entry.kind !== Kind.symlink) {
    yield `${paint('bold', bareChange(difference, entry))}\n`;
    return;
  }
  if (letter !== 'R' && difference.metadataOnly && old?.mode === next?.mode) {
    yield `${paint('bold', `Only metadata of ${quote(path)} differs: ${metadataText(old, next)}`)}\n`;
    return;
  }
  yield head(difference, paint);
  if (!difference.metadataOnly) yield* body(difference, a, b, paint);
}

/** A folder, fifo, socket or device. */
function bareChange(difference: Difference, entry: Entry): string {
  const name = `${KIND_NAMES[entry.kind]} ${quote(difference.path)}`;
  if (difference.letter === 'A') return `Added ${name}`;
  if (difference.letter === 'D') return `Removed ${name}`;
  const metadata = metadataText(difference.old, difference.new);
  return metadata === '' ? `Changed ${name}` : `Only metadata of ${name} differs: ${metadata}`;
}

const KIND_NAMES: Record<Kind, string> = {
  [Kind.file]: 'file',
  [Kind.dir]: 'folder',
  [Kind.symlink]: 'link',
  [Kind.fifo]: 'fifo',
  [Kind.socket]: 'socket',
  [Kind.char]: 'device',
  [Kind.block]: 'device',
};

/** `diff --git`, modes, and what metadata differs besides. */
function head(difference: Difference, paint: Paint): string {
  const { path, from = path, letter, similarity, metadataOnly, old, new: next } = difference;
  const lines = [`diff --git ${side('a', from)} ${side('b', path)}`];
  if (letter === 'A') lines.push(`new file mode ${gitMode(next!)}`);
  else if (letter === 'D') lines.push(`deleted file mode ${gitMode(old!)}`);
  else if (old!.mode !== next!.mode) {
    lines.push(`old mode ${gitMode(old!)}`, `new mode ${gitMode(next!)}`);
  }
  if (letter === 'R') {
    lines.push(`similarity index ${similarity}%`, `rename from ${quote(from)}`, `rename to ${quote(path)}`);
  }
  if (!metadataOnly) {
    const mode = old && next && old.mode === next.mode ? ` ${gitMode(next!)}` : '';
    lines.push(`index ${shortId(old)}..${shortId(next)}${mode}`);
  }
  return `${lines.map((line) => paint('bold', line)).join('\n')}\n`;
}

async function* body(
  difference: Difference,
  a: Side,
  b: Side,
  paint: Paint,
): AsyncGenerator<string | Buffer, void, undefined> {
  const { path, from = path, old, new: next } = difference;
  const oldName = old ? side('a', from) : NOTHING;
  const newName = next ? side('b', path) : NOTHING;
  const diff = await contentDiff(difference, a, b);
  if (diff?.kind === 'binary') yield `Binary files ${oldName} and ${newName} differ\n`;
  else if (diff?.kind === 'large') {
    yield `Files ${oldName} and ${newName} differ and are too large to compare by lines\n`;
  } else if (diff && diff.hunks.length > 0) {
    yield `${paint('bold', `--- ${tabbed(oldName)}`)}\n${paint('bold', `+++ ${tabbed(newName)}`)}\n`;
    yield paintHunks(diff.hunks, paint);
  }
}

/** `a/name`, quoted where git quotes. */
function side(letter: 'a' | 'b', path: Buffer): string {
  return quote(Buffer.concat([Buffer.from(`${letter}/`), path]));
}

/** A name with a space ends with a tab there, so that `patch` finds its end. */
function tabbed(name: string): string {
  return name.includes(' ') && !name.startsWith('"') ? `${name}\t` : name;
}

/** git knows two modes of files. */
function gitMode(entry: Entry): string {
  if (entry.kind === Kind.symlink) return '120000';
  return modeText(entry);
}

function shortId(entry: Entry | undefined): string {
  return entry ? entry.id.toString('hex', 0, SHORT_DIGITS / 2) : '0'.repeat(SHORT_DIGITS);
}

function paintHunks(hunks: Buffer, paint: Paint): Buffer {
  if (paint('red', '') === '') return hunks;
  const lines = hunks.toString('latin1').split('\n');
  const painted = lines.map((line) => {
    if (line.startsWith('+')) return paint('green', line);
    if (line.startsWith('-')) return paint('red', line);
    return line.startsWith('@@') ? paint('cyan', line) : line;
  });
  return Buffer.from(painted.join('\n'), 'latin1');
}

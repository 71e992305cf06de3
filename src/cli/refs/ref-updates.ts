/** What `update-ref` is asked for: operands, or the verbs of `update-ref --stdin`. */
import { isUtf8 } from 'node:buffer';
import { type Id, infoOf, type RefTarget, type RefUpdate, type Repository, VaultError } from '../../index.ts';
import { Flags } from '../frame/flags.ts';
import { resolveHere } from '../operands/operands.ts';
import { bytesOf } from '../paths/argv.ts';
import { quote } from '../text/quoting.ts';
import type { AskedUpdate } from './ref-update-lines.ts';

export const UPDATE_REF_MANUAL = {
  description: `Lets REF, a whole name as refs/heads/main or refs/tags/v1 (or HEAD, the current line), name what the revision
NEW names; with OLD only if it names that now. 64 zeros as NEW remove it; 64 zeros or an empty OLD mean that it must not be there. What it named
before stays in its history: see reflog. A line can name snapshots only, other refs any object; all of it must be in the vault.

With --stdin, updates are read from standard input, a line each:

  update SP <ref> SP <new> [SP <old>]
  create SP <ref> SP <new>
  delete SP <ref> [SP <old>]
  verify SP <ref> [SP <old>]
  start
  prepare
  commit
  abort

A word with blanks stands in double quotes, as git quotes names. With -z the blanks behind the ref are NUL bytes, each update ends with one,
nothing is quoted, and an <old> that is left out is empty; 64 zeros are a ref that is not there. create wants a ref that is not there, and so does verify
without <old>. All names, objects and old values are checked before the first ref is changed; no ref may come twice, and there may be
10,000. Should somebody else move a ref in the moment of the change, that and those behind it stay as they are.

Without the last four verbs all of the input is one transaction, which is carried out at its end. As in git, start begins one, prepare
makes all checks, commit carries it out and abort gives it up; each is answered by a line as "start: ok" as soon as it is done (not with --json,
whose one document comes at the end). Behind prepare only commit or abort may come, behind these start, which begins another transaction. One that has begun and
was not committed is given up where the input ends. An error ends the command: the transaction at hand is given up, those that were
committed stay.

Unlike git's, prepare holds no lock, since refs are only ever added to: commit compares the old values once more, and ends with 7 when one is
another by then. What the refs are to name is held, though: until the commit or abort no gc can remove it, and gc waits for that. There
are no symbolic refs, and so none of git's option and symref-… verbs.`,
  examples: [
    {
      description: 'Back to the snapshot before, unless something has happened',
      command: 'vault update-ref refs/heads/main HEAD~1 HEAD',
    },
    {
      description: 'Two tags or none',
      command: "printf 'create refs/tags/a HEAD\\ncreate refs/tags/b HEAD~1\\n' | vault update-ref --stdin",
    },
  ],
};

export const updateRefFlags = {
  message: Flags.string({
    char: 'm',
    summary: 'say why: kept in the history of the ref',
    helpValue: '<text>',
  }),
  delete: Flags.boolean({ char: 'd', summary: 'remove the ref', exclusive: ['stdin'] }),
  stdin: Flags.boolean({ summary: 'read updates from standard input' }),
  null: Flags.boolean({
    char: 'z',
    summary: 'with --stdin: values end with a NUL byte, and are not quoted',
    dependsOn: ['stdin'],
  }),
};

const NOTHING = /^0{64}$/;
const WHOLE_ID = /^[0-9a-f]{64}$/i;

/** `REF NEW [OLD]`, or with `-d` `REF [OLD]`. @throws USAGE, and as `resolve` */
export async function operandUpdate(
  vault: Repository,
  operands: readonly string[],
  isDelete: boolean,
): Promise<RefUpdate[]> {
  const [ref, ...values] = operands.map(bytesOf);
  const [value, old] = isDelete ? [undefined, values[0]] : values;
  const most = isDelete ? 2 : 3;
  if (ref === undefined || (!isDelete && value === undefined) || operands.length > most) {
    throw new VaultError(
      'USAGE',
      `say ${isDelete ? '-d REF [OLD]' : 'REF NEW [OLD], -d REF [OLD], or --stdin'}`,
    );
  }
  const verb = isDelete ? 'delete' : 'update';
  return [await updateOf(vault, { verb, ref, ...(value && { value }), ...(old && { old }) })];
}

/** What an update asks for. @throws as `resolve` for values, REFUSED for a name that is not UTF-8 */
export async function updateOf(
  vault: Repository,
  { verb, ref, value, old }: AskedUpdate,
): Promise<RefUpdate> {
  const name = refName(vault, ref);
  const expected = old === undefined ? undefined : await expectedId(vault, old);
  switch (verb) {
    case 'create':
      if (NOTHING.test(value!.toString('latin1'))) throw new VaultError('USAGE', 'the new value is zero');
      return { ref: name, target: await targetNamed(vault, value!), expected: null };
    case 'verify':
      return { ref: name, expected: expected ?? null };
    case 'delete':
      if (expected === null) throw new VaultError('USAGE', 'the old value of a ref to be deleted is zero');
      return { ref: name, target: null, ...(expected && { expected }) };
    case 'update': {
      const target = NOTHING.test(value!.toString('latin1')) ? null : await targetNamed(vault, value!);
      return { ref: name, target, ...(expected !== undefined && { expected }) };
    }
  }
}

/** HEAD is the current line. */
function refName({ line }: Repository, bytes: Buffer): string {
  if (!isUtf8(bytes)) {
    throw new VaultError('REFUSED', `${quote(bytes)} cannot be a ref: it is not valid UTF-8`, {
      subject: quote(bytes),
    });
  }
  const name = bytes.toString();
  return name === 'HEAD' ? `refs/heads/${line ?? 'main'}` : name;
}

async function targetNamed(vault: Repository, text: Buffer): Promise<RefTarget> {
  const { id, stored } = infoOf(await resolveHere(vault, text));
  return { id, stored };
}

/** Null: the ref must not be there. A whole id need not be that of an object. */
async function expectedId(vault: Repository, text: Buffer): Promise<Id | null> {
  const hex = text.toString('latin1');
  if (hex === '' || NOTHING.test(hex)) return null;
  if (WHOLE_ID.test(hex)) return Buffer.from(hex, 'hex');
  return infoOf(await resolveHere(vault, text)).id;
}

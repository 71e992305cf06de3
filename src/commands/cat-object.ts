import { batchFlags } from '../cli/batch/flags.ts';
import {
  CAT_OBJECT_MANUAL,
  objectAsked,
  objectIfThere,
  type Question,
  questionFlags,
  readQuestion,
} from '../cli/batch/object-question.ts';
import { batchOption, refuseBatchOptions, runBatch } from '../cli/batch/run.ts';
import { Args, BaseCommand, Exit } from '../cli/frame/base-command.ts';
import { objectFields } from '../cli/render/object-json.ts';
import { printObject } from '../cli/render/object-output.ts';
import type { Repository } from '../index.ts';

export default class CatObject extends BaseCommand {
  static override summary = 'print objects, or what they are';
  static override description = CAT_OBJECT_MANUAL.description;
  static override examples = CAT_OBJECT_MANUAL.examples;
  static override group = 'plumbing' as const;
  static override related = ['ls-tree', 'list-objects'];
  static override exits = {
    1: 'there is no such object, or several',
    4: 'it is damaged; in a batch: one was',
  };
  static override args = {
    first: Args.string({
      name: 'TYPE',
      description: 'blob, tree, snapshot or changes; left out with -t -s -e -p',
    }),
    second: Args.string({ name: 'OBJECT', description: 'an id, a revision, or REV:path' }),
  };
  static override flags = { ...questionFlags, ...batchFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CatObject);
    if (batchOption(flags)) return this.#batch({ ...flags, operand: args.first });
    refuseBatchOptions(flags);
    const question = readQuestion(args, flags);
    const vault = await this.openVault();
    if (question.form === 'exists') return this.#exists(vault, question);
    const info = await objectAsked(vault, question);
    if (this.json) return this.document('cat-object', await objectFields(vault, info));
    await printObject(vault, info, question.form, (data) => this.#printUnlessEnded(data));
  }

  async #exists(vault: Repository, question: Question): Promise<void> {
    const found = await objectIfThere(vault, question);
    if (this.json) await this.document('cat-object-exists', { exists: found !== undefined, ...found });
    if (!found) this.exitCode = Exit.no;
  }

  #printUnlessEnded(data: string | Uint8Array): Promise<void> | undefined {
    this.signal.throwIfAborted();
    return this.print(data);
  }

  async #batch(flags: Parameters<typeof runBatch>[1]): Promise<void> {
    const { signal } = this;
    const vault = await this.openVault();
    const isSound = await runBatch(vault, flags, {
      print: (data) => this.print(data),
      flush: () => this.flush(),
      row: (value) => this.row(value),
      signal,
    });
    if (!isSound) this.exitCode = Exit.damage;
  }
}

/** The options of `cat-object` that begin and shape a batch, as those of git's cat-file. */
import { Flags, optionalValue } from '../frame/flags.ts';
import { BATCH_FORMAT } from './output.ts';

const BATCHES = ['batch', 'batch-check', 'batch-command'] as const;

function batch(name: (typeof BATCHES)[number], summary: string) {
  const exclusive = ['type', 'size', 'exists', 'pretty', ...BATCHES.filter((other) => other !== name)];
  return optionalValue(Flags.string({ summary, helpValue: '<format>', exclusive }), BATCH_FORMAT);
}

export const batchFlags = {
  batch: batch('batch', 'print what and the contents of each object named on standard input, a line each'),
  'batch-check': batch('batch-check', 'the same without the contents'),
  'batch-command': batch('batch-command', 'obey the lines contents OBJECT, info OBJECT and flush'),
  'batch-all-objects': Flags.boolean({ summary: 'all objects of the vault instead, by id' }),
  unordered: Flags.boolean({
    summary: 'as they lie in the packs, which is faster',
    dependsOn: ['batch-all-objects'],
  }),
  buffer: Flags.boolean({ summary: 'do not write out each answer at once' }),
  null: Flags.boolean({ char: 'z', summary: 'names on standard input end with a NUL byte' }),
  'null-output': Flags.boolean({ char: 'Z', summary: 'so they do, and answers, too' }),
  'json-lines': Flags.boolean({
    summary: 'with --batch-check, print one JSON object a line',
    exclusive: ['json'],
  }),
};

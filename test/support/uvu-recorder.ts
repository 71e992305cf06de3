/** uvu's `suite` and `test`, which note what is declared, run, passed and still under way. */
import * as uvu from 'uvu';

export interface SuiteRecord {
  name: string;
  declared: number;
  passed: number;
  failed: string[];
  skipped: string[];
  only: number;
  ran: boolean;
  /** the test under way, or the last one that failed */
  current?: string;
}

export const records: SuiteRecord[] = [];

type Handler = uvu.Callback;

function recorded(inner: uvu.Test, name: string): uvu.Test {
  const record: SuiteRecord = { name, declared: 0, passed: 0, failed: [], skipped: [], only: 0, ran: false };
  records.push(record);

  const watched = (title: string, handler: Handler): Handler => {
    record.declared++;
    return async (context) => {
      record.current = title;
      try {
        await handler(context);
        record.passed++;
      } catch (error) {
        record.failed.push(title);
        throw error;
      }
      delete record.current;
    };
  };

  const outer = (title: string, handler: Handler): void => inner(title, watched(title, handler));
  return Object.assign(outer, {
    before: inner.before,
    after: inner.after,
    only: (title: string, handler: Handler): void => {
      record.only++;
      inner.only(title, watched(title, handler));
    },
    skip: (title = 'a test without a name'): void => {
      record.skipped.push(title);
    },
    run: (): void => {
      record.ran = true;
      inner.run();
    },
  });
}

export function suite(name?: string, state?: object): uvu.Test {
  return recorded(uvu.suite(name, state as Record<string, unknown>), name ?? '');
}

let unnamed: uvu.Test | undefined;

/** The suite without a name is recorded once it is used. */
export const test = new Proxy(uvu.test, {
  apply: (_target, _self, [title, handler]: [string, Handler]) => unnamedSuite()(title, handler),
  get: (_target, key) => Reflect.get(unnamedSuite(), key),
});

function unnamedSuite(): uvu.Test {
  unnamed ??= recorded(uvu.test, '');
  return unnamed;
}

export const exec = uvu.exec;

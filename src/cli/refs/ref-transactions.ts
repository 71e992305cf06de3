/**
 * `update-ref --stdin`: updates and the verbs that begin and end transactions, in git's states (builtin/update-ref.c). Without such a
 * verb all of the input is one transaction, which its end commits.
 */
import {
  isVaultError,
  MOST_REF_UPDATES,
  type PreparedRefs,
  prepareRefs,
  type RefUpdate,
  type Repository,
  type UpdatedRef,
  type UpdateRefsOptions,
  VaultError,
} from '../../index.ts';
import { shownRecord } from '../text/records.ts';
import { type AskedUpdate, askedInLines, askedInParts, type Control } from './ref-update-lines.ts';
import { updateOf } from './ref-updates.ts';

/** `closed`: after `commit` or `abort`. */
type State = 'open' | 'started' | 'prepared' | 'closed';

export interface RefTransactionsOptions extends UpdateRefsOptions {
  /** the parts of an update end with NUL bytes */
  nul: boolean;
  /** told when a verb is done: whoever wrote it may be waiting */
  reply(verb: Control): Promise<void>;
}

/**
 * Carries out all of the input; gives what was updated.
 * @throws USAGE for a line that is none or is out of place, as `resolve` for its values (messages name the line), and as `updateRefs`. The
 *   transaction at hand is given up then, and those that were committed before stay
 */
export async function runRefTransactions(
  vault: Repository,
  input: AsyncIterable<Uint8Array>,
  { nul, reply, ...options }: RefTransactionsOptions,
): Promise<UpdatedRef[]> {
  const transactions = new RefTransactions(vault, options);
  try {
    for await (const { where, record, asked } of nul ? askedInParts(input) : askedInLines(input)) {
      let verb: Control | undefined;
      try {
        verb = await transactions.take(asked(), where);
      } catch (error) {
        throw isVaultError(error) ? badLine(where, record, error, transactions.commits > 0) : error;
      }
      if (verb === undefined) continue;
      await transactions.run(verb);
      await reply(verb);
    }
    await transactions.end();
    return transactions.updated;
  } catch (error) {
    await transactions.abort();
    throw isVaultError(error) && transactions.commits > 0 ? afterCommits(error) : error;
  }
}

class RefTransactions {
  readonly updated: UpdatedRef[] = [];
  /** transactions that were committed */
  commits = 0;
  readonly #vault: Repository;
  readonly #options: UpdateRefsOptions;
  #state: State = 'open';
  #updates: RefUpdate[] = [];
  #prepared: PreparedRefs | undefined;

  constructor(vault: Repository, options: UpdateRefsOptions) {
    this.#vault = vault;
    this.#options = options;
  }

  /** Notes an update; gives a verb back that is to be run. @throws USAGE where it is out of place */
  async take(asked: AskedUpdate | Control, where: string): Promise<Control | undefined> {
    const verb = typeof asked === 'string' ? asked : undefined;
    if (this.#state === 'closed' && verb !== 'start')
      throw outOfPlace('the transaction has ended: begin with start');
    if (this.#state === 'started' && verb === 'start') throw outOfPlace('the transaction has begun already');
    const isClosing = verb === 'commit' || verb === 'abort';
    if (this.#state === 'prepared' && !isClosing)
      throw outOfPlace('behind prepare come commit or abort only');
    if (typeof asked === 'string') return asked;
    if (this.#updates.length === MOST_REF_UPDATES) {
      throw new VaultError('USAGE', `at most ${MOST_REF_UPDATES} refs are updated at once`);
    }
    this.#updates.push({ ...(await updateOf(this.#vault, asked)), where });
    return undefined;
  }

  /** @throws as `updateRefs` */
  async run(verb: Control): Promise<void> {
    if (verb === 'start') this.#state = 'started';
    else if (verb === 'prepare') {
      this.#prepared = await prepareRefs(this.#vault, this.#updates, this.#options);
      this.#state = 'prepared';
    } else {
      if (verb === 'commit') await this.#commit();
      else await this.abort();
      this.#state = 'closed';
    }
  }

  /** The input has ended: what has begun and was not committed is given up. @throws as `updateRefs` */
  async end(): Promise<void> {
    if (this.#state === 'open') await this.#commit();
    else await this.abort();
  }

  async abort(): Promise<void> {
    const prepared = this.#take();
    await prepared?.abort();
  }

  async #commit(): Promise<void> {
    const updates = this.#updates;
    const prepared = this.#take() ?? (await prepareRefs(this.#vault, updates, this.#options));
    this.updated.push(...(await prepared.commit()));
    this.commits++;
  }

  /** What was prepared, if anything was. From here on there is nothing to be given up. */
  #take(): PreparedRefs | undefined {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    this.#updates = [];
    return prepared;
  }
}

function outOfPlace(message: string): VaultError {
  return new VaultError('USAGE', message);
}

/** The candidates of an abbreviation are lines of a message: what comes behind it is in the hint. */
function badLine(where: string, record: Buffer, error: VaultError, hasCommitted: boolean): VaultError {
  const { code, message, hint, subject, details } = error;
  const hints = [...(hasCommitted ? [] : ['nothing was changed']), ...(hint === undefined ? [] : [hint])];
  return new VaultError(code, `${where}, ${JSON.stringify(shownRecord(record))}: ${message}`, {
    ...(hints.length > 0 && { hint: hints.join('; ') }),
    subject: subject ?? where,
    details,
    cause: error,
  });
}

function afterCommits(cause: VaultError): VaultError {
  const { code, message, hint, subject, details } = cause;
  const stays = 'what was committed before stays';
  return new VaultError(code, message, {
    hint: hint === undefined ? stays : `${hint}; ${stays}`,
    ...(subject !== undefined && { subject }),
    details,
    cause,
  });
}

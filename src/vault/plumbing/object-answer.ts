/** A question for an object, and its answer: what a batch is made of. */
import type { Location } from '../../store/store.ts';
import type { ObjectInfo } from '../object-info.ts';

export interface ObjectRequest<T> {
  /** an id, a revision or REV:path; absent: nothing is asked, and the answer marks the place in the order */
  text?: Buffer;
  /** bytes wanted, too */
  contents?: boolean;
  /** comes back with the answer */
  tag: T;
}

/** `missing`: no such object. `ambiguous`: several. `damaged`: it, or a part of it, cannot be read as it was stored. */
export type Fault = 'missing' | 'ambiguous' | 'damaged';

export interface FoundObject {
  info: ObjectInfo;
  /** bytes: of a blob's content, of any other object's encoding */
  size: number;
  /** where it lies (a list's own place, not its chunks'); absent for the empty content */
  place?: Location;
  /** what was asked for: verified, in pieces. Valid until the next answers are taken */
  contents?: readonly Buffer[] | AsyncIterable<Buffer>;
}

export type ObjectAnswer<T> = { tag: T } & (
  | { found: FoundObject; fault?: never }
  | { found?: never; fault: Fault; error: Error }
  | { found?: never; fault?: never }
);

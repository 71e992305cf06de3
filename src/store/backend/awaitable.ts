/** What is mostly at hand, and has to be waited for only now and then: a promise for each would cost more than the thing itself. */

/** `await` takes either; where there are many, only a promise should be waited for. */
export type Awaitable<T> = T | Promise<T>;

/** What `next` makes of a value, at once if the value is there. */
export function andThen<T, U>(value: Awaitable<T>, next: (value: T) => U): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

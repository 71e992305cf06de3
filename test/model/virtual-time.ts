/** Time that passes when a simulation says so. Long timers (the heartbeats of writers) run on it, short ones (those of the index) as ever. */

/** Milliseconds from which a timer is a long one. */
const LONG_MS = 60_000;
const MS = 1_000_000n;

interface Timer {
  every: bigint;
  next: bigint;
  act: () => void;
}

export class VirtualTime {
  /** nanoseconds since the beginning; never goes back */
  now = 0n;
  readonly #timers = new Map<object, Timer>();
  readonly #real = { setInterval: globalThis.setInterval, clearInterval: globalThis.clearInterval };

  /** Takes the place of the runtime's timers until `remove`. */
  install(): void {
    const { setInterval, clearInterval } = this.#real;
    globalThis.setInterval = ((act: () => void, ms: number) => {
      if (ms < LONG_MS) return setInterval(act, ms);
      const handle = { unref: () => handle };
      const every = BigInt(ms) * MS;
      this.#timers.set(handle, { every, next: this.now + every, act });
      return handle;
    }) as unknown as typeof setInterval;
    globalThis.clearInterval = ((handle: object) => {
      if (!this.#timers.delete(handle)) clearInterval(handle as NodeJS.Timeout);
    }) as typeof clearInterval;
  }

  remove(): void {
    Object.assign(globalThis, this.#real);
    this.#timers.clear();
  }

  /** A timer that was due several times meanwhile runs once, as after a sleep. */
  pass(ns: bigint): void {
    this.now += ns;
    for (const timer of [...this.#timers.values()]) {
      if (timer.next > this.now) continue;
      timer.next = this.now + timer.every;
      timer.act();
    }
  }
}

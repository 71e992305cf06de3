/** Times in the forms that git's formats know: `%(creatordate:unix)`. */
import { formatTime } from '../../index.ts';
import { formatAge, formatTime as localTime } from './format.ts';

const TIMES = ['unix', 'iso', 'iso-strict', 'short', 'relative'] as const;
export type TimeForm = (typeof TIMES)[number];

/** A time (nanoseconds since 1970) in one of the forms of git's dates; `iso`, the usual one, is local. */
export function timeText(time: bigint, form: TimeForm, now: bigint): string {
  const seconds = Number(time / 1_000_000_000n);
  switch (form) {
    case 'unix':
      return String(seconds);
    case 'iso':
      return localTime(seconds);
    case 'iso-strict':
      return formatTime(time);
    case 'short':
      return localTime(seconds).slice(0, -15);
    case 'relative':
      return formatAge(seconds, Number(now / 1_000_000_000n));
  }
}

/** What a format knows of times: `creatordate`, `creatordate:unix`, … */
export function timeAtoms<Name extends string>(name: Name): (Name | `${Name}:${TimeForm}`)[] {
  return [name, ...TIMES.map((form) => `${name}:${form}` as const)];
}

/** The form in `creatordate:unix`. */
export function timeForm(atom: string): TimeForm {
  return TIMES.find((form) => atom.endsWith(`:${form}`)) ?? 'iso';
}

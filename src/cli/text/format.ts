/** Numbers and times for people. Programs get `json.ts`. */

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `1,204` */
export function formatCount(n: number | bigint): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1,204 files`, `1 file` */
export function formatCounted(n: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(n)} ${n === 1 ? singular : plural}`;
}

/** `712 bytes`, `312.4 MB`: powers of 1000, one digit after the point. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.95 would print as 1000.0.
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** `0.9 s`, `12 s`, `3 min 5 s`, `2 h 10 min` */
export function formatDuration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

const STEPS: [unit: string, seconds: number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** `3 hours ago`, `just now`; a time ahead of the clock is `in the future`. Both in seconds since 1970. */
export function formatAge(seconds: number, nowSeconds: number): string {
  const age = nowSeconds - seconds;
  if (age < -60) return 'in the future';
  for (const [unit, length] of STEPS) {
    const n = Math.floor(age / length);
    if (n >= 1) return `${formatCounted(n, unit)} ago`;
  }
  return 'just now';
}

/** Local time, `2026-01-31 13:00:05 +0100`. */
export function formatTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `@${seconds}`;
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString();
  const sign = offset < 0 ? '-' : '+';
  const hours = two(Math.floor(Math.abs(offset) / 60));
  return `${local.slice(0, -14)} ${local.slice(-13, -5)} ${sign}${hours}${two(Math.abs(offset) % 60)}`;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

/** `-rw-r--r--` of a kind's letter (`-dlpscb`) and permission bits, with s, S, t and T as ls(1) has them. */
export function formatMode(letter: string, mode: number): string {
  const bits = [...'rwxrwxrwx'].map((char, i) => (mode & (0o400 >> i) ? char : '-'));
  const special = (at: number, bit: number, set: string): void => {
    if (mode & bit) bits[at] = bits[at] === 'x' ? set : set.toUpperCase();
  };
  special(2, 0o4000, 's');
  special(5, 0o2000, 's');
  special(8, 0o1000, 't');
  return letter + bits.join('');
}

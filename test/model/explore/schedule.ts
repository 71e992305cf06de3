/** Schedules as text: `gc 1×40 writer×3` lets gc 1 do forty operations, then the writer three. */

export function formatSchedule(schedule: readonly string[]): string {
  const runs: { name: string; count: number }[] = [];
  for (const name of schedule) {
    const run = runs.at(-1);
    if (run?.name === name) run.count++;
    else runs.push({ name, count: 1 });
  }
  return runs.map(({ name, count }) => `${name}×${count}`).join(' ');
}

export function parseSchedule(text: string): string[] {
  return [...text.matchAll(/(.+?)×(\d+)(?: |$)/g)].flatMap(([, name, count]) =>
    new Array<string>(Number(count)).fill(name!),
  );
}

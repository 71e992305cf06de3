/** Shell patterns over names of refs: `*` any text (also with slashes), `?` one character, `[a-z]` and `[!a-z]` one of a set. */

/** Whether `name` as a whole fits `pattern`. Takes time in proportion to the product of their lengths, at most. */
export function matchesGlob(pattern: string, name: string): boolean {
  const tokens = [...pattern.matchAll(/\[!?(?:\][^\]]*|[^\]]+)\]|./gsu)].map(([token]) => token);
  const characters = [...name];
  let at = 0;
  let token = 0;
  // Where to go on when the last star takes one character more.
  let starToken = -1;
  let starAt = 0;
  while (at < characters.length) {
    if (tokens[token] === '*') {
      starToken = token++;
      starAt = at;
    } else if (token < tokens.length && fits(tokens[token]!, characters[at]!)) {
      token++;
      at++;
    } else if (starToken >= 0) {
      token = starToken + 1;
      at = ++starAt;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === '*');
}

function fits(token: string, character: string): boolean {
  if (token === '?') return true;
  if (token.length < 3 || !token.startsWith('[')) return token === character;
  const isNot = token[1] === '!';
  const set = [...token.slice(isNot ? 2 : 1, -1)];
  for (let i = 0; i < set.length; i++) {
    const isRange = set[i + 1] === '-' && i + 2 < set.length;
    const last = isRange ? set[i + 2]! : set[i]!;
    if (set[i]! <= character && character <= last) return !isNot;
    if (isRange) i += 2;
  }
  return isNot;
}

/** As `matchesGlob`, but each part of a name between slashes must fit one of the pattern; a part `**` fits any number of them. */
export function matchesPath(pattern: string, name: string): boolean {
  return partsMatch(pattern.split('/'), name.split('/'));
}

function partsMatch(patterns: readonly string[], names: readonly string[]): boolean {
  // Row i: whether the patterns so far fit the first i names. Takes time in proportion to the product of their numbers.
  let fitting = names.map(() => false);
  let fitsNone = true;
  for (const pattern of patterns) {
    const isAny = pattern === '**';
    const next: boolean[] = [];
    for (const [i, name] of names.entries()) {
      const before = i === 0 ? fitsNone : fitting[i - 1]!;
      const left = i === 0 ? fitsNone : next[i - 1]!;
      next.push(isAny ? fitting[i]! || left : before && matchesGlob(pattern, name));
    }
    fitting = next;
    fitsNone &&= isAny;
  }
  return fitting.at(-1) ?? fitsNone;
}

/** Thrown out of the parser for `--help`, before it misses an operand; the dispatcher shows the help. */
export class HelpWanted extends Error {}

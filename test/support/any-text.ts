/** Text of any characters. `fc.string({ unit: 'binary' })` is that, too, but takes a second to be made. */
import fc from 'fast-check';

/** Without halves of surrogate pairs. */
const character = fc
  .oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((point) => String.fromCodePoint(point));

/** @param length in code points */
export function anyText(length: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.array(character, length).map((characters) => characters.join(''));
}

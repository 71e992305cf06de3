import { typeName } from '../../index.ts';

/** What a stored object's type is called; the number of one that only a newer version knows. */
export function storedTypeText(type: number): string {
  return typeName(type) ?? String(type);
}

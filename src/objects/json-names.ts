/** Names in JSON, which holds text only. */
import { isUtf8 } from 'node:buffer';

/** `{"path": …}`, and `"path_b64"` (standard base64) where UTF-8 cannot carry the bytes. `key` replaces `path`. */
export function nameFields(name: Buffer, key = 'path'): Record<string, string> {
  const text = name.toString('utf8');
  return isUtf8(name) ? { [key]: text } : { [key]: text, [`${key}_b64`]: name.toString('base64') };
}

/** The inverse: undefined when neither is there. */
export function nameFrom(fields: Record<string, unknown>, key = 'path'): Buffer | undefined {
  const exact = fields[`${key}_b64`];
  if (typeof exact === 'string') return Buffer.from(exact, 'base64');
  const text = fields[key];
  return typeof text === 'string' ? Buffer.from(text) : undefined;
}

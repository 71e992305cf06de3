/** What this platform cannot read of files, so that a snapshot says what it lacks. */
import { getPlatform } from '../../platform/select.ts';

/** One line for people; undefined where everything is kept. */
export function snapshotLimits(): string | undefined {
  const { name, abilities } = getPlatform();
  const missing = [
    ...(abilities.xattrs ? [] : ['extended attributes and ACLs']),
    ...(abilities.owners ? [] : ['owners']),
    ...(abilities.longPaths ? [] : ['files whose paths are longer than the system takes']),
  ];
  if (missing.length === 0) return undefined;
  return `${missing.join(', ')} are not stored: the ${name} platform layer cannot read them`;
}

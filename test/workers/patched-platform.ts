/** This thread's platform with some calls replaced, while `body` runs. */
import type { Platform } from '../../src/platform/platform.ts';
import { getPlatform } from '../../src/platform/select.ts';

export async function withPlatform<T>(
  patch: (real: Readonly<Platform>) => Partial<Platform>,
  body: () => Promise<T>,
): Promise<T> {
  const platform = getPlatform();
  const real = { ...platform };
  try {
    Object.assign(platform, patch(real));
    return await body();
  } finally {
    Object.assign(platform, real);
  }
}

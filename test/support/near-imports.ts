/**
 * Preloaded by `test/run.ts` into every process of the tests that runs our TypeScript: `./x.ts` is the file of that name beside the one
 * that imports it. Node would look that up on the disk for each of the library's 1,200 imports, which was a third of what it costs to
 * load it, and many processes of the tests do little else.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    const isNear = specifier.startsWith('.') && specifier.endsWith('.ts') && context.parentURL !== undefined;
    if (!isNear) return next(specifier, context);
    return {
      url: new URL(specifier, context.parentURL).href,
      format: 'module-typescript',
      shortCircuit: true,
    };
  },
});

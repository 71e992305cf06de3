/** For `node --import`: a process that finds no hard links. */
import { withoutHardLinks } from './no-hard-links.ts';

withoutHardLinks();

/** For `node --import`: a process on whose file systems no mode can be set, and which is not told so, as on NTFS. */
import fsp from 'node:fs/promises';

fsp.chmod = async () => {};

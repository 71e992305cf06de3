/** The examples of docs/library.md as one program that runs each in the vault of a folder with some history. */

/** TypeScript; it needs the package `vault` and two arguments: the folder to keep, and one for files. */
export function examplesProgram(document: string, exported: readonly string[]): string {
  const blocks = [...document.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
  const examples = blocks.map((code) => code.replace(/^import .* from 'vault';\n/m, ''));
  const used = exported.filter((name) => examples.some((code) => new RegExp(`\\b${name}\\b`).test(code)));
  return `import { ${[...new Set([...used, 'hostEnvironment', 'initVault', 'openVault', 'takeSnapshot'])].join(', ')}, type Repository } from 'vault';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';

const [folder, base] = process.argv.slice(2) as [string, string];
const environment = hostEnvironment(\`\${base}/cache\`);
const examples: ((vault: Repository) => Promise<void>)[] = [
${examples.map((code) => `async (vault: Repository): Promise<void> => {{\n${code}}},\n`).join('')}];

mkdirSync(\`\${folder}/sub\`);
writeFileSync(\`\${folder}/a.txt\`, 'hello\\n');
writeFileSync(\`\${folder}/sub/b.txt\`, 'one\\ntwo\\nthree\\n');
const { store } = await initVault({ folder, environment });
const vault = await openVault({ store, root: Buffer.from(folder), environment });
await takeSnapshot(vault, { message: 'made', threads: 1 });
renameSync(\`\${folder}/sub/b.txt\`, \`\${folder}/sub/c.txt\`);
writeFileSync(\`\${folder}/a.txt\`, 'hello world\\n');
await takeSnapshot(vault, { message: 'renamed', threads: 1 });
for (const [i, example] of examples.entries()) {
  try {
    await example(vault);
  } catch (error) {
    throw new Error(\`example \${i + 1} fails\`, { cause: error });
  }
}
await vault.close();
`;
}

import fs from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { plugins } from './plugins.ts';

export interface Bundle {
  /** One CommonJS file. */
  readonly code: string;
  /** Folders of the npm packages of which something is in it, below the project's, sorted. */
  readonly packageFolders: readonly string[];
}

/** @throws when esbuild finds an error */
export async function bundleProgram(root: string, entry: string, version: string): Promise<Bundle> {
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    // A CJS bundle: SEA takes no ES modules. `import()` stays lazy: its module runs when it is first asked for.
    format: 'cjs',
    target: 'node24',
    charset: 'utf8',
    legalComments: 'none',
    define: { LVMEDIC_VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
    // Else `ps` shows the number of a file descriptor.
    banner: { js: "process.title = 'lvmedic';" },
    plugins: [...plugins],
    logLevel: 'warning',
  });
  const [file] = result.outputFiles;
  if (!file) throw new Error(`esbuild made nothing of ${entry}`);
  return { code: file.text, packageFolders: packageFolders(root, Object.keys(result.metafile.inputs)) };
}

/** Also those of which tree shaking left nothing: a licence too many is better than one too few. */
function packageFolders(root: string, inputs: readonly string[]): string[] {
  const folders = inputs.flatMap(
    (input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? [],
  );
  return [...new Set(folders)]
    .filter((folder) => fs.existsSync(path.join(root, folder, 'package.json')))
    .sort();
}

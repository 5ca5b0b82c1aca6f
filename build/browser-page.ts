import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const namespace = 'browser-page';

/**
 * Lets a function serve a page: `import page from './x.page.html'` is `x.html` with its scripts and styles inlined.
 * Each is bundled and minified at the place that names it (a comment that contains only `y.ts` or `y.css`, a file
 * beside the page). The page is gzipped, as browsers accept it, and in base64, because every cold start loads it but
 * few serve it. `inputs` receives the files it was made from, relative to the working directory, because esbuild does
 * not list them among the function's inputs.
 */
export function browserPages(inputs: Set<string>): esbuild.Plugin {
  return {
    name: namespace,
    setup(build) {
      const root = build.initialOptions.absWorkingDir ?? process.cwd();
      build.onResolve({ filter: /\.page\.html$/ }, ({ path: file, resolveDir }) => ({
        namespace,
        path: path.join(resolveDir, file.replace(/\.page\.html$/, '.html')),
      }));
      build.onLoad({ filter: /./, namespace }, async ({ path: file }) => {
        const { text, files } = await pageOf(root, file);
        for (const one of files) inputs.add(one);
        return {
          contents: gzipSync(text, { level: 9 }).toString('base64'),
          loader: 'text',
          watchFiles: files.map((one) => path.join(root, one)),
        };
      });
    },
  };
}

/** A text, and the files it was made from, relative to `root`. */
interface Made {
  readonly text: string;
  readonly files: readonly string[];
}

async function pageOf(root: string, file: string): Promise<Made> {
  const markup = await readFile(file, 'utf8');
  let text = markup.replace(/\n\s+/g, '\n'); // indentation
  const files = [path.relative(root, file)];
  for (const [place, name = ''] of markup.matchAll(/\/\*([\w-]+\.(?:ts|css))\*\//g)) {
    const part = await minified(root, path.join(path.dirname(file), name));
    text = text.replace(place, () => part.text);
    files.push(...part.files);
  }
  return { text, files };
}

/** A script or style with everything it imports, for browsers. */
async function minified(root: string, entry: string): Promise<Made> {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    loader: { '.html': 'text', '.svg': 'text' },
    metafile: true,
    write: false,
    logLevel: 'silent', // the outer build reports
  });
  return { text: outputFiles[0]?.text ?? '', files: Object.keys(metafile.inputs) };
}

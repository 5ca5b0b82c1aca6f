import path from 'node:path';
import * as esbuild from 'esbuild';

const namespace = 'browser-script';

/**
 * Lets a function hand out a page's script and style as text: `import script from './page.bundle.js'` is the text of
 * `page.ts` with everything it imports, bundled and minified for browsers, and `./page.bundle.css` that of `page.css`.
 * `inputs` receives the files it was made of, relative to the
 * working directory, for they are not among the function's own.
 */
export function browserScripts(inputs: Set<string>): esbuild.Plugin {
  return {
    name: namespace,
    setup(build) {
      build.onResolve({ filter: /\.bundle\.(js|css)$/ }, ({ path: file, resolveDir }) => ({
        namespace,
        path: path.join(resolveDir, file.replace(/\.bundle\.js$/, '.ts').replace(/\.bundle\.css$/, '.css')),
      }));
      build.onLoad({ filter: /./, namespace }, async ({ path: entry }) => {
        const root = build.initialOptions.absWorkingDir ?? process.cwd();
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
        const files = Object.keys(metafile.inputs);
        for (const file of files) inputs.add(file);
        return {
          contents: outputFiles[0]?.text ?? '',
          loader: 'text',
          watchFiles: files.map((file) => path.join(root, file)),
        };
      });
    },
  };
}

import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const namespace = 'builtin-modules';

/**
 * Loads Node's own modules by `process.getBuiltinModule`. An `import` reads every export of such a module to mirror it, and
 * the getters of some load more: `node:http` has one for WebSocket, which brings in a whole client for it, some 30 ms of
 * processor in every cold start. Here only what is used is read. It also serves CommonJS dependencies, which `require` them.
 */
export const builtinModules: Plugin = {
  name: namespace,
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path }) => (isBuiltin(path) ? { namespace, path } : undefined));
    build.onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

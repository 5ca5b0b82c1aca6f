import { createRequire, isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const namespace = 'builtin-modules';
const required = `${namespace}-required`;
const load = createRequire(import.meta.url);

/**
 * Loads Node's own modules by `process.getBuiltinModule`. An `import` reads every export of such a module to mirror it,
 * and some getters load more: that of `node:http` for WebSocket loads a whole client, about 30 ms of CPU in every cold
 * start. This reads only what is used. CommonJS dependencies, which `require` these modules, get them whole.
 */
export const builtinModules: Plugin = {
  name: namespace,
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, kind }) =>
      isBuiltin(path) ? { namespace: kind === 'require-call' ? required : namespace, path } : undefined,
    );
    build.onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: exportsOf(path), loader: 'js' }));
    build.onLoad({ filter: /./, namespace: required }, ({ path }) => ({
      contents: `module.exports = ${found(path)};`,
      loader: 'js',
    }));
  },
};

function found(path: string): string {
  return `process.getBuiltinModule(${JSON.stringify(path)})`;
}

/** Reads each export in a separate statement, which the bundler drops if nothing imports the export. */
function exportsOf(path: string): string {
  const names = Object.keys(load(path)).filter((name) => /^\w+$/.test(name) && name !== 'default');
  return [
    `const builtin = ${found(path)};`,
    ...names.map((name) => `const _${name} = /* @__PURE__ */ (() => builtin.${name})();`),
    `export { ${names.map((name) => `_${name} as ${name}`).join(', ')} };`,
    'export default builtin;',
  ].join('\n');
}

import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * Shrinks the AI SDK: without this, its bundle would be a third larger than a function's may be. The SDK imports `z` by
 * name, which pulls in all of zod, with every language; imported by namespace, only used parts stay. Two modules are
 * replaced by stubs: Vercel's gateway, for models named only by a text, which ours never are, and zod 3, because we
 * have no schemas of it.
 */
export const leanModels: Plugin = {
  name: 'lean-models',
  setup(build) {
    build.onLoad(
      { filter: /[\\/]node_modules[\\/](ai|@ai-sdk[\\/][\w-]+)[\\/]dist[\\/].*\.mjs$/ },
      async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replace(
          byName,
          (_, name = 'z', from) => `import * as ${name} from ${from}`,
        ),
        loader: 'js',
      }),
    );
    build.onResolve({ filter: /^(zod\/v3|@ai-sdk\/gateway)$/ }, ({ path }) => ({ namespace: 'unused', path }));
    build.onLoad({ filter: /./, namespace: 'unused' }, ({ path }) => ({ contents: unused[path] ?? '', loader: 'js' }));
  },
};

const byName = /import \{ z(?: as (\w+))? \} from ("zod(?:\/v4)?")/g;

const unused: Readonly<Record<string, string>> = {
  'zod/v3': 'export const ZodFirstPartyTypeKind = {};',
  '@ai-sdk/gateway': `
    export const gateway = undefined;
    export const createGateway = () => gateway;
    export const GatewayError = { isInstance: () => false };
    export const GatewayAuthenticationError = GatewayError;`,
};

import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * The AI SDK as it is needed here: without it, its bundle would have a third more than a function may have. It imports `z` by
 * name, and with it every language of zod and all that zod can do; by namespace, only what is used stays. It knows Vercel's
 * gateway as the provider of models that are named by a text alone, which ours never are, and converts schemas of zod 3, of
 * which there are none.
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

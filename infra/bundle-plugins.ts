import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Node's own modules by `process.getBuiltinModule`. Imported as an ES module, such a module has each of its exports
 * read once, getters too: those of `node:http` load Node's fetch, those of `node:process` much else. No function
 * uses any of it, and a tenth of a cold start goes into it.
 */
const builtinsUnread: Plugin = {
  name: 'builtins-unread',
  setup(build) {
    build.onResolve({ filter: /^[a-z0-9:_/]+$/ }, ({ path, kind }) =>
      kind !== 'require-call' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
      loader: 'js',
    }));
  },
};

/**
 * Lambda puts a function's credentials into its environment, so the SDK's other sources (profiles, SSO, web identity,
 * instance metadata) stay out of the bundle: a quarter of it, and nothing that a planted file or address could feed.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, AWS_ACCESS_KEY_ID
 */
const credentialsFromEnvironment: Plugin = {
  name: 'credentials-from-environment',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ path, resolveDir }) => ({
      path,
      namespace: 'credentials',
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /.*/, namespace: 'credentials' }, ({ pluginData }) => ({
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
      resolveDir: pluginData as string,
      loader: 'js',
    }));
  },
};

/** What a function's bundle leaves out, and why a start is shorter for it (docs/decisions/0008-cold-start.md). */
export const FUNCTION_PLUGINS: Plugin[] = [builtinsUnread, credentialsFromEnvironment];

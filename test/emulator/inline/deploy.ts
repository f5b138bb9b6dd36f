import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { build } from 'esbuild';
import type { Emulator } from '../start.ts';

/** A function to make: one of the TypeScript files beside this one, with a role that may do `actions`. */
export interface InlineFunction {
  readonly name: string;
  /** File beside this one. */
  readonly source: string;
  readonly actions: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Service principal that may invoke it. */
  readonly invokedBy?: string;
}

/** Makes a function and its role by API, past the proxy, and resolves to its ARN once it is active. */
export async function deployFunction(emulator: Emulator, wanted: InlineFunction): Promise<string> {
  const { iam, lambda } = emulator.direct;
  const { name: FunctionName, environment = {}, invokedBy } = wanted;
  const RoleName = `${FunctionName}-role`;
  const trust = statement({ Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } });
  const role = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }));
  const PolicyDocument = statement({ Action: wanted.actions, Resource: '*' });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'work', PolicyDocument }));
  const made = await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: role.Role?.Arn ?? '',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Timeout: 20,
      Code: { ZipFile: zipOf('index.mjs', await bundle(wanted.source)) },
      Environment: { Variables: environment },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 20 }, { FunctionName });
  if (invokedBy !== undefined) {
    const grant = { StatementId: 'invoke', Action: 'lambda:InvokeFunction', Principal: invokedBy };
    await lambda.send(new AddPermissionCommand({ FunctionName, ...grant, SourceAccount: emulator.account }));
  }
  return made.FunctionArn ?? '';
}

function statement(rest: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...rest }] });
}

async function bundle(source: string): Promise<Uint8Array> {
  const entry = fileURLToPath(new URL(source, import.meta.url));
  const banner =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: banner },
  });
  const [file] = built.outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${source}`);
  return file.contents;
}

/** A ZIP archive of one stored file (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16). */
function zipOf(name: string, content: Uint8Array): Uint8Array {
  const fileName = Buffer.from(name);
  const described = Buffer.alloc(26);
  described.writeUInt16LE(20, 0);
  described.writeUInt16LE(0x21, 8);
  described.writeUInt32LE(crc32(content), 10);
  described.writeUInt32LE(content.length, 14);
  described.writeUInt32LE(content.length, 18);
  described.writeUInt16LE(fileName.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), described, fileName, content]);
  const attributes = Buffer.alloc(14);
  attributes.writeUInt32LE(0o100644 * 0x1_0000, 6);
  const madeBy = Buffer.from([20, 3]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02'), madeBy, described, attributes, fileName]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06'), end]);
}

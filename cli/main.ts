import { isCancel, text } from '@clack/prompts';
import { connect } from './deployment.ts';
import { dispatch } from './dispatch.ts';

const { stdin, stdout, stderr } = process;

process.exitCode = await dispatch(process.argv.slice(2), {
  out: (line) => stdout.write(`${line}\n`),
  err: (line) => stderr.write(`${line}\n`),
  colour: stdout.isTTY === true && process.env.NO_COLOR === undefined,
  interactive: stdin.isTTY === true && stderr.isTTY === true,
  ask: async (message) => {
    const answer = await text({ message, input: stdin, output: stderr });
    return isCancel(answer) ? undefined : answer;
  },
  now: Date.now,
  connect,
});

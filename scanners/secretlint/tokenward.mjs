import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECK_LENGTH = 6;

/** Whether the last six characters are the CRC-32 of what stands before them, in base 62. */
function isChecked(token) {
  let rest = crc32(token.slice(0, -CHECK_LENGTH));
  let check = '';
  for (let i = 0; i < CHECK_LENGTH; i++) {
    check = ALPHABET[rest % 62] + check;
    rest = Math.floor(rest / 62);
  }
  return token.endsWith(check);
}

/** Tokens with a right checksum; no boundary is asked for on either side, since the checksum decides. */
function* tokensIn(text) {
  const shape = /twd_([a-z0-9]{2,12})_([0-9A-Za-z]{16})_[0-9A-Za-z]{49}/g;
  for (let found = shape.exec(text); found !== null; found = shape.exec(text)) {
    const [token, environment, keyId] = found;
    if (isChecked(token)) yield { environment, keyId, range: [found.index, found.index + token.length] };
    // What only looks like a token may hold the beginning of one.
    else shape.lastIndex = found.index + 1;
  }
}

const messages = {
  TOKEN: ({ environment, keyId }) =>
    `Tokenward token of environment ${environment}: revoke keyId ${keyId}, then remove it`,
};

/** A secretlint rule that finds Tokenward tokens. */
export const creator = {
  messages,
  meta: { id: 'tokenward', recommended: true, type: 'scanner', supportedContentTypes: ['text'] },
  create: (context) => ({
    file(source) {
      for (const { range, ...named } of tokensIn(source.content)) {
        // Not by the translator: secretlint masks what that is given, and the keyId is public and needed.
        context.report({ message: { message: messages.TOKEN(named), messageId: 'TOKEN' }, range });
      }
    },
  }),
};

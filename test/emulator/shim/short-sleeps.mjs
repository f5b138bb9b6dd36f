// Loaded into the cdk CLI. It looks at a stack and then sleeps 5 s before it looks again; the local AWS is done
// in 0.2 s. Only bare sleeps are shortened (a promise's own resolver as the callback), never a time limit.
const SHORT_MS = 50;
const LONG_MS = 2_000;
const { setTimeout: wait } = globalThis;

globalThis.setTimeout = (callback, delayMs, ...rest) => {
  const isSleep = delayMs >= LONG_MS && Function.prototype.toString.call(callback).includes('[native code]');
  return wait(callback, isSleep ? SHORT_MS : delayMs, ...rest);
};

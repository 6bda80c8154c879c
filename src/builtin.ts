/**
 * Modules of the runtime that take long to load, got when they are first used and not when a file is read. `node:net`
 * takes 8 ms of a start and `node:crypto` 3 beside it: neither is needed until the server listens.
 */
import type * as Crypto from "node:crypto";
import type * as Net from "node:net";

let net: typeof Net | undefined;

/** `node:net` */
export function netModule(): typeof Net {
  return (net ??= process.getBuiltinModule("node:net"));
}

let crypto: typeof Crypto | undefined;

/** `node:crypto` */
export function cryptoModule(): typeof Crypto {
  return (crypto ??= process.getBuiltinModule("node:crypto"));
}

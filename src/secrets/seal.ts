/**
 * Sealed secrets: what must be read again (receiver secrets, passwords of receivers) is stored encrypted with
 * AES-256-GCM (NIST SP 800-38D). What only has to be recognised is hashed instead (`accounts/tokens.ts`).
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const KEY = 32;
const VERSION = 1;
/** 96 random bits for each value: safe to 2^32 values under one key (SP 800-38D, 8.3). */
const NONCE = 12;
const TAG = 16;

/** A sealed value that cannot be opened: another key, another row, or changed. Says nothing of what is in it. */
export class SealError extends Error {
  override readonly name = "SealError";
}

export class SecretBox {
  readonly #key: Uint8Array;

  /** @param key  32 bytes derived from the master key for this purpose alone */
  constructor(key: Uint8Array) {
    if (key.length !== KEY) throw new Error(`a sealing key has ${KEY} bytes, this one ${key.length}`);
    this.#key = key;
  }

  /**
   * @param context  where the value lies, such as `receiver:<id>:auth`; it opens there and nowhere else
   * @returns base64url of version, nonce, tag and ciphertext
   */
  seal(text: string, context: string): string {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(context));
    const sealed = [cipher.update(text, "utf8"), cipher.final()];
    return Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.getAuthTag(), ...sealed]).toString(
      "base64url",
    );
  }

  /** The inverse of {@link seal}. @throws SealError */
  open(sealed: string, context: string): string {
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.length < 1 + NONCE + TAG || bytes[0] !== VERSION) throw refusal(context);
    const nonce = bytes.subarray(1, 1 + NONCE);
    const tag = bytes.subarray(1 + NONCE, 1 + NONCE + TAG);
    try {
      const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG })
        .setAAD(Buffer.from(context))
        .setAuthTag(tag);
      return decipher.update(bytes.subarray(1 + NONCE + TAG), undefined, "utf8") + decipher.final("utf8");
    } catch {
      throw refusal(context);
    }
  }
}

function refusal(context: string): SealError {
  return new SealError(`The sealed value ${context} does not open with this key.`);
}

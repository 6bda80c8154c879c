/** What a password must be: long. Rules of composition make it no better (NIST SP 800-63B, 3.1.1.2). */
import { invalid } from "../problem.ts";
import { MAX_PASSWORD_BYTES } from "./gate.ts";

const MIN_CHARACTERS = 12;

/**
 * @param known  what everybody knows of its owner (username, e-mail, name): it must be none of these
 * @returns the password as it was sent, neither trimmed nor changed
 * @throws Problem `invalid` naming `field`; it never says the password
 */
export function parsePassword(value: unknown, field: string, known: readonly string[] = []): string {
  if (typeof value !== "string") throw invalid(field, "must be text");
  if ([...value.normalize("NFC")].length < MIN_CHARACTERS) {
    throw invalid(field, `must have at least ${MIN_CHARACTERS} characters`);
  }
  if (Buffer.byteLength(value) > MAX_PASSWORD_BYTES) {
    throw invalid(field, `must have at most ${MAX_PASSWORD_BYTES} bytes`);
  }
  // Nobody can type them, and a line break at its end is a password that was piped in with it.
  if (/\p{Cc}/u.test(value)) throw invalid(field, "must not hold control characters");
  if (known.some((one) => one !== "" && plain(one) === plain(value))) {
    throw invalid(field, "must not be the username, the e-mail address or the name");
  }
  if (new Set(value).size < 3) throw invalid(field, "must not be one character many times");
  return value;
}

const plain = (text: string) => text.normalize("NFKC").toLowerCase().trim();

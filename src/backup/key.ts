/** The key file inside a backup: sealed by a passphrase, as `age -p` does it, so that `age -d` opens it, too. */
import { Problem } from "../problem.ts";

/** A passphrase is guessed offline, by whoever has the backup. */
const SHORTEST = 12;

/**
 * scrypt with 2^16: a second of CPU and 64 MB of memory. age's own 2^18 would take a small server 256 MB every night;
 * passphrases that could be guessed at this rate are refused.
 */
const WORK_FACTOR = 16;

/** @throws Problem `invalid` for a passphrase that could be guessed */
export function checkPassphrase(passphrase: string): void {
  if (passphrase.length < SHORTEST)
    throw new Problem("invalid", `The passphrase must have ${SHORTEST} characters at least.`);
}

/** Not for the event loop. */
export async function sealKey(key: Uint8Array, passphrase: string): Promise<Uint8Array> {
  // Loaded by whoever asks for the key alone.
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(WORK_FACTOR);
  encrypter.setPassphrase(passphrase);
  return await encrypter.encrypt(key);
}

/** @throws Problem `invalid` where the passphrase is another one */
export async function openKey(sealed: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(sealed);
  } catch {
    throw new Problem("invalid", "The passphrase does not open the key file of this backup.");
  }
}

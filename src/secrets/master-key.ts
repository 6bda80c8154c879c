/**
 * The database's own word on its key file: with another one every token would be unknown and every secret unreadable,
 * and what is written from then on would be lost to the right one.
 */
import { deriveKey } from "../config/key-file.ts";
import { fileError } from "../config/errors.ts";
import { type Params, statement } from "../store/statement.ts";
import type { Store } from "../store/store.ts";

const find = statement(({ db, t }, _: Params<object>) => db.select().from(t.masterKeys));
const keep = statement(({ db, t }, p: Params<{ fingerprint: string }>) =>
  db.insert(t.masterKeys).values({ id: 1, fingerprint: p.fingerprint }).onConflictDoNothing(),
);

/**
 * Holds the key against the one that the database was made with; a database that knows of none remembers this one.
 * @param path  of the key file, for the message
 * @throws ConfigError where it is another
 */
export async function checkMasterKey(store: Store, master: Uint8Array, path: string): Promise<void> {
  const fingerprint = Buffer.from(deriveKey(master, "fingerprint")).toString("base64url");
  const known = () => store.read((reader) => reader.run(find, {}));
  let [row] = await known();
  if (!row) {
    await store.write((tx) => tx.run(keep, { fingerprint }));
    // Another process may have been quicker, with another key.
    [row] = await known();
  }
  if (row && row.fingerprint !== fingerprint)
    throw fileError(
      path,
      "found another key than the one that the database was made with, expected that one; restore it from a backup",
    );
}

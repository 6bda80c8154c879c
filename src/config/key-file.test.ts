import { afterAll, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ConfigError } from "./errors.ts";
import { deriveKey, loadMasterKey } from "./key-file.ts";

const folder = mkdtempSync(join(tmpdir(), "koppla-key-"));
afterAll(() => rmSync(folder, { recursive: true }));

const refusal = (path: string, options?: { create?: boolean }) =>
  loadMasterKey(path, options).then(
    () => "no refusal",
    (error: unknown) => (error instanceof ConfigError ? error.message.replaceAll(folder, "") : error),
  );

test("a key is made where there is none, for its owner's eyes only, and stays the same", async () => {
  const path = join(folder, "made/below/koppla.key");
  const key = await loadMasterKey(path);
  expect(key).toHaveLength(32);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "made/below")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(folder, "made/below"))).toEqual(["koppla.key"]);
  expect(readFileSync(path, "utf8")).toBe(`${Buffer.from(key).toString("base64")}\n`);
  expect(await loadMasterKey(path)).toEqual(key);
});

test("processes that start at once agree on a key", async () => {
  const path = join(folder, "shared/koppla.key");
  const program = `import { loadMasterKey } from ${JSON.stringify(join(import.meta.dir, "key-file.ts"))};
    await Bun.stdin.text();
    console.log(Buffer.from(await loadMasterKey(${JSON.stringify(path)})).toString("base64"));`;
  const processes = Array.from({ length: 4 }, () =>
    Bun.spawn([process.execPath, "-e", program], { stdin: "pipe", stdout: "pipe", stderr: "inherit" }),
  );
  for (const { stdin } of processes) await stdin.end();
  const keys = await Promise.all(processes.map(({ stdout }) => new Response(stdout).text()));
  expect(new Set(keys)).toEqual(new Set([readFileSync(path, "utf8")]));
  expect(readdirSync(join(folder, "shared"))).toEqual(["koppla.key"]);
});

test("a key that others can read is refused with the command that mends it", async () => {
  const path = join(folder, "it's open.key");
  await loadMasterKey(path);
  chmodSync(path, 0o640);
  expect(await refusal(path)).toBe(
    "/it's open.key: found a key that others can read (mode 0640), expected mode 0600; " +
      "mend it with: chmod 600 '/it'\\''s open.key'",
  );
  chmodSync(path, 0o400);
  expect(await loadMasterKey(path)).toHaveLength(32);
});

test.each([
  ["nothing", ""],
  ["text", "correct horse battery staple\n"],
  ["a short key", `${Buffer.alloc(16).toString("base64")}\n`],
  ["a long key", `${Buffer.alloc(33).toString("base64")}\n`],
  ["two keys", `${Buffer.alloc(32).toString("base64")}\n`.repeat(2)],
  ["32 raw bytes", Buffer.alloc(32, 200)],
])("a file that holds %s is refused, and left as it is", async (_, content) => {
  const path = join(folder, "bad.key");
  writeFileSync(path, content, { mode: 0o600 });
  expect(await refusal(path)).toStartWith(
    `/bad.key: found ${Buffer.from(content).length} bytes that are no key`,
  );
  expect(readFileSync(path)).toEqual(Buffer.from(content));
});

test("a link that leads nowhere is refused instead of written through", async () => {
  const path = join(folder, "link.key");
  symlinkSync(join(folder, "gone.key"), path);
  expect(await refusal(path)).toBe(
    "/link.key: found a symbolic link that leads nowhere, expected a key file",
  );
  expect(readdirSync(folder)).not.toContain("gone.key");
});

test("a link to a key is followed", async () => {
  const key = await loadMasterKey(join(folder, "real.key"));
  symlinkSync("real.key", join(folder, "alias.key"));
  expect(await loadMasterKey(join(folder, "alias.key"))).toEqual(key);
});

test("a folder, and a path below a file, are refused", async () => {
  mkdirSync(join(folder, "dir.key"), { mode: 0o700 });
  expect(await refusal(join(folder, "dir.key"))).toBe("/dir.key: found no regular file, expected a key file");
  writeFileSync(join(folder, "file"), "");
  expect(await refusal(join(folder, "file/koppla.key"))).toBe(
    "/file/koppla.key: found nothing readable (ENOTDIR), expected a key file",
  );
});

test("no key is made where the caller says that there must be one", async () => {
  expect(await refusal(join(folder, "lost.key"), { create: false })).toStartWith(
    "/lost.key: found no key file",
  );
  expect(readdirSync(folder)).not.toContain("lost.key");
});

test("derived keys are HKDF-SHA-256 and differ by purpose and master", async () => {
  const master = new Uint8Array(32).fill(7);
  const expected = await crypto.subtle.deriveBits(
    {
      name: "HKDF",
      hash: "SHA-256",
      salt: new Uint8Array(),
      info: new TextEncoder().encode("koppla/tokens"),
    },
    await crypto.subtle.importKey("raw", master, "HKDF", false, ["deriveBits"]),
    256,
  );
  expect(deriveKey(master, "tokens")).toEqual(new Uint8Array(expected));
  expect(deriveKey(master, "sealing")).not.toEqual(deriveKey(master, "tokens"));
  expect(deriveKey(new Uint8Array(32), "tokens")).not.toEqual(deriveKey(master, "tokens"));
});

test("a credential that systemd lends by an access list is taken, and one that all can read is not", async () => {
  const lent = join(folder, "credentials");
  mkdirSync(lent);
  const path = join(lent, "koppla.key");
  await loadMasterKey(path);
  const before = process.env["CREDENTIALS_DIRECTORY"];
  try {
    process.env["CREDENTIALS_DIRECTORY"] = lent;
    chmodSync(path, 0o440);
    expect(await loadMasterKey(path)).toHaveLength(32);
    chmodSync(path, 0o444);
    expect(await refusal(path)).toContain("others can read (mode 0444)");
    process.env["CREDENTIALS_DIRECTORY"] = folder;
    chmodSync(path, 0o440);
    expect(await refusal(path)).toContain("others can read (mode 0440)");
  } finally {
    if (before === undefined) delete process.env["CREDENTIALS_DIRECTORY"];
    else process.env["CREDENTIALS_DIRECTORY"] = before;
  }
});

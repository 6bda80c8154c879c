/** `koppla doctor`: what it finds, how it says to mend it, and that it changes nothing. */
import { expect, test } from "bun:test";
import { chmod, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { hasOpenssl, newAuthority } from "../certificates.ts";
import { onPostgres, prepareKoppla, startKoppla } from "./harness.ts";
import { createReceiver, TestReceiver } from "./receiver.ts";

interface Result {
  name: string;
  status: "ok" | "warning" | "error" | "skipped";
  message: string;
  remedy?: string;
  took_ms: number;
}

interface Cli {
  cli(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
}

/** Of the configuration: an address that resolves everywhere. */
const local = { server: { public_url: "http://127.0.0.1:8080" } };

async function examine(server: Cli): Promise<{ exitCode: number; of: (name: string) => Result }> {
  const { exitCode, stdout, stderr } = await server.cli("doctor", "--json");
  expect(stderr).toBe("");
  const { items } = JSON.parse(stdout) as { items: Result[] };
  const of = (name: string): Result => {
    const found = items.find((item) => item.name === name);
    if (!found) throw new Error(`there is no check ${name}`);
    return found;
  };
  // Whatever is wrong says how to mend it.
  for (const { name, status, remedy } of items) {
    if (status === "warning" || status === "error") expect([name, remedy]).not.toEqual([name, undefined]);
  }
  return { exitCode, of };
}

test("before the first start it makes nothing, and says what is missing", async () => {
  const koppla = await prepareKoppla({ config: local });
  try {
    const before = await readdir(koppla.dir);
    const { of } = await examine(koppla);
    expect(of("server").status).toBe("warning");
    if (!onPostgres) expect(of("database")).toMatchObject({ status: "skipped" });
    expect(of("queue").status).toBe("skipped");
    expect(await readdir(koppla.dir)).toEqual(before);
  } finally {
    await koppla.dispose();
  }
});

test("beside a server it finds what can be reached and what cannot, by the guard of deliveries", async () => {
  await using sink = new TestReceiver();
  // Where nobody listens any more.
  const gone = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = gone;
  gone.stop(true);
  const mail = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: (socket) => void socket.write("220 mail.test ESMTP\r\n"), data() {} },
  });
  const koppla = await startKoppla({
    config: { ...local, smtp: { url: `smtp://127.0.0.1:${mail.port}`, from: "koppla@example.org" } },
  });
  try {
    const good = await examine(koppla);
    expect(good.of("server")).toMatchObject({
      status: "ok",
      message: expect.stringContaining(`${koppla.pid}`),
    });
    expect(good.of("database").status).toBe("ok");
    expect(good.of("smtp").status).toBe("ok");
    expect(good.of("permissions").status).toBe("ok");
    expect(good.of("receivers").status).toBe("skipped");
    expect(good.exitCode).toBe(0);

    await createReceiver(koppla.demo, sink.url(), { name: "There" });
    expect((await examine(koppla)).of("receivers").status).toBe("ok");
    await createReceiver(koppla.demo, `http://127.0.0.1:${port}/`, { name: "Gone" });
    const { of, exitCode } = await examine(koppla);
    expect(of("receivers")).toMatchObject({
      status: "warning",
      message: expect.stringMatching(/^1 of 2 places .*Gone \(http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED\)/),
    });
    expect(exitCode).toBe(0);
    // Nothing was sent to anybody.
    expect(sink.requests).toEqual([]);

    mail.stop(true);
    const silent = await examine(koppla);
    expect(silent.of("smtp").status).toBe("error");
    expect(silent.exitCode).toBe(1);
  } finally {
    await koppla.dispose();
  }
});

test.skipIf(!hasOpenssl)(
  "a place that shows a certificate is spoken to as deliveries are: with the receiver's own authorities",
  async () => {
    const authority = newAuthority();
    const { cert, key } = authority.issue("localhost");
    const greeted: string[] = [];
    const secure = Bun.serve({
      ...{ hostname: "127.0.0.1", port: 0, tls: { cert, key } },
      fetch: ({ url }) => (greeted.push(url), new Response()),
    });
    const koppla = await startKoppla({
      config: { ...local, webhooks: { allow_targets: ["127.0.0.1", "localhost"] } },
    });
    try {
      const url = `https://localhost:${secure.port}/`;
      await createReceiver(koppla.demo, url, { name: "Trusted", tls: { ca: authority.ca } });
      expect((await examine(koppla)).of("receivers").status).toBe("ok");
      await createReceiver(koppla.demo, url, { name: "Strange" });
      expect((await examine(koppla)).of("receivers")).toMatchObject({
        status: "warning",
        message: expect.stringMatching(/^1 of 2 places .*Strange/),
      });
      expect(greeted).toEqual([]);
    } finally {
      secure.stop(true);
      await koppla.dispose();
    }
  },
);

test("for people it prints a line for each, and how to mend it below", async () => {
  const koppla = await startKoppla({ config: local });
  try {
    const { stdout } = await koppla.cli("doctor");
    expect(stdout).toMatch(/^ok {7}database {7}The (SQLite|PostgreSQL) database can be written/m);
    expect(stdout).toMatch(/^warning {2}dns .*\n {24}Set server\.public_url/m);
  } finally {
    await koppla.dispose();
  }
});

test.skipIf(process.platform === "win32")(
  "a key that others can read is an error that says chmod",
  async () => {
    const koppla = await startKoppla({ config: local });
    try {
      await koppla.stop();
      const [name = ""] = (await readdir(join(koppla.dir, "data"))).filter((file) => file.endsWith(".key"));
      const file = join(koppla.dir, "data", name);
      await chmod(file, 0o644);
      const { of, exitCode } = await examine(koppla);
      expect(of("permissions")).toMatchObject({
        status: "error",
        remedy: expect.stringContaining("chmod 600"),
      });
      expect(exitCode).toBe(1);
      await rm(file);
      const lost = await examine(koppla);
      expect(lost.of("database")).toMatchObject({
        status: "error",
        message: expect.stringContaining("key file"),
      });
      expect(await readdir(join(koppla.dir, "data"))).not.toContain(name);
    } finally {
      await koppla.dispose();
    }
  },
);

test("a configuration that cannot be used is told as such", async () => {
  const koppla = await prepareKoppla({ config: local });
  try {
    await writeFile(koppla.configFile, "server: { listen: nowhere }\n");
    const { exitCode, stdout } = await koppla.cli("doctor", "--json");
    expect(exitCode).toBe(78);
    expect(JSON.parse(stdout).items).toMatchObject([{ name: "configuration", status: "error" }]);
  } finally {
    await koppla.dispose();
  }
});

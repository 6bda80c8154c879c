/**
 * The product, started from its source with two kinds of operation more: one that does nothing, and one that does nothing
 * but say how far it has come, a thousand times a second (`cases/operations.ts`).
 *
 * Arguments: the configuration, the organisation's code. It prints `{"port"}`. For each line `{"noting": n}` that it reads
 * it has `n` of the latter under way, and answers with that; for `{"quick": n}` it starts `n` of the former, and answers
 * with the seconds until the last of them has ended.
 */
import { shell } from "../../../src/audit/entry.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { startServer } from "../../../src/server.ts";

const [file = "", code = ""] = process.argv.slice(2);
const config = await loadConfig(file, {});
const { services, stop } = await startServer({ ...config, log: { level: "error", format: "json" } });
const { operations, organisations, store } = services;
const { id: organisationId } = await organisations.byCode(code);

operations.kind("load.noting", {
  run: async ({ note, signal }) => {
    for (let done = 1; !signal.aborted; done++) {
      note(done, null, `At ${done}.`);
      await Bun.sleep(1);
    }
    return { message: "" };
  },
});

operations.kind("load.quick", { run: async () => ({ message: "It is done." }) });

const start = (kind: string) =>
  store.write((tx) => operations.start(tx, shell(organisationId), { kind, input: {} }));

async function quick(count: number): Promise<number> {
  const begun = performance.now();
  await Promise.all(Array.from({ length: count }, () => start("load.quick")));
  const open = { limit: 1, status: "IN_PROGRESS" } as const;
  while ((await operations.list(organisationId, "all", open)).items.length > 0) await Bun.sleep(5);
  return (performance.now() - begun) / 1_000;
}

const { listen } = config.server;
console.log(JSON.stringify({ port: "port" in listen ? listen.port : null }));
process.on("SIGTERM", () => void stop().then(() => process.exit(0)));
let noting: string[] = [];
for await (const line of console) {
  const wanted: { noting?: number; quick?: number } = JSON.parse(line);
  if (wanted.quick !== undefined) {
    console.log(JSON.stringify({ seconds: await quick(wanted.quick) }));
    continue;
  }
  for (const id of noting) await operations.cancel(shell(organisationId), id, "all");
  noting = [];
  for (let count = 0; count < (wanted.noting ?? 0); count++) noting.push((await start("load.noting")).id);
  console.log(JSON.stringify(wanted));
}

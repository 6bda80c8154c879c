/** The demo's Koppla: a folder with a configuration, a server on it, and a receiver in the same process. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { systemClock } from "../clock.ts";
import { loadConfig } from "../config/load.ts";
import { generateSecret } from "../deliveries/signature.ts";
import { startListener, type Received } from "../listen/listener.ts";
import { createLogger } from "../log.ts";
import { Problem } from "../problem.ts";
import { startServer } from "../server.ts";
import { setupUrl } from "../users/setup.ts";
import { DemoClient } from "./client.ts";
import { demoYaml } from "./configuration.ts";
import { freePort } from "./free-port.ts";

const HOST = "127.0.0.1";

export interface HouseOptions {
  /** The port wanted; 0: any. */
  port: number;
  /** A folder to work in, which stays; null: a temporary one. */
  folder: string | null;
  /** Leave the temporary folder, too. */
  keep: boolean;
  /** Ends calls to the server. */
  stop: AbortSignal;
  onReceived: (received: Received) => void;
}

export interface House {
  url: string;
  port: number;
  folder: string;
  configFile: string;
  /** Where the console's first administrator is made. */
  setupUrl: string;
  /** Whether the folder is still there at the end. */
  stays: boolean;
  /** Calls the API as the account that was made, which may do everything. */
  client: DemoClient;
}

/**
 * Starts it all. What is started is put on `stack`, in the order in which it must not end: the server before the
 * receiver, so that its last deliveries arrive, and the folder last.
 *
 * @throws Problem `conflict` when the folder holds a configuration already
 */
export async function openHouse(options: HouseOptions, stack: AsyncDisposableStack): Promise<House> {
  const stays = options.keep || options.folder !== null;
  const folder = await makeFolder(options.folder);
  if (!stays) stack.defer(() => rm(folder, { recursive: true, force: true }));

  const port = freePort(HOST, options.port);
  const configFile = join(folder, "koppla.yaml");
  await Bun.write(configFile, demoYaml(`${HOST}:${port}`));
  const config = await loadConfig(configFile, {});

  const secret = generateSecret();
  const listener = await startListener({
    hostname: HOST,
    port: 0,
    secrets: [secret],
    websubSecrets: [],
    status: 204,
    failFirst: Infinity,
    delay: 0,
    maxBody: 10 * 2 ** 20,
    clock: systemClock,
    onReceived: options.onReceived,
  });
  stack.defer(() => listener.stop());

  const server = await startServer(config, { log: createLogger(config.log) });
  stack.defer(() => server.stop());

  const { organisations, accounts } = server.services;
  const organisation = await organisations.create({ code: "demo", name: "Demo" });
  const { id, token } = await accounts.create({
    organisationId: organisation.id,
    name: "Demo",
    grants: [{ resource: "*", actions: ["*"] }],
  });
  const client = new DemoClient(server.url, token, options.stop);
  const url = `${listener.url}/hooks`;
  await client.call("POST", "receivers", {
    name: "Demo receiver",
    url,
    topics: ["*"],
    account_id: id,
    secret,
  });
  const { token: setupToken } = await server.services.setup.makeLink();
  const link = setupUrl(config.server.publicUrl, setupToken);
  return { url: server.url, setupUrl: link, port, folder, configFile, stays, client };
}

async function makeFolder(wanted: string | null): Promise<string> {
  if (wanted === null) return await mkdtemp(join(tmpdir(), "koppla-demo-"));
  const folder = resolve(wanted);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const configFile = join(folder, "koppla.yaml");
  if (await Bun.file(configFile).exists())
    throw new Problem(
      "conflict",
      `There is a ${configFile} already; \`koppla serve -c ${configFile}\` starts it.`,
    );
  return folder;
}

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ConfigError } from "./errors.ts";
import { loadConfig } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "koppla-channels-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ["ca.pem", "cert.pem", "key.pem"]) writeFileSync(join(folder, name), "");

const SECRET = `whsec_${Buffer.alloc(32).toString("base64")}`;
const open = 'url: "http://open-e.local/ws"';
const http = `kind: http, url: "http://archive.local/", secret: "${SECRET}"`;

async function channelsOf(yaml: string) {
  const file = join(folder, "koppla.yaml");
  writeFileSync(file, `channels:\n${yaml.replaceAll(/^/gm, "  ")}\n`);
  return (await loadConfig(file, {})).channels;
}

/** What is wrong, each as `path: message`. */
async function issuesOf(yaml: string): Promise<string[]> {
  const error = await channelsOf(yaml).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error("it was taken");
  return error.issues.map(({ path, message }) => `${path}: ${message}`);
}

describe("channels", () => {
  test("are what their name says, or their kind; Open-E is waited for and HTTP is not", async () => {
    const channels = await channelsOf(
      `open-e: { ${open} }\narchive: { ${http}, retry: persistent, attachments: links }`,
    );
    expect(channels).toMatchObject({
      "open-e": {
        kind: "open-e",
        publish: "sync",
        timeout: 30_000,
        connectTimeout: 5_000,
        numericFlowInstanceId: true,
      },
      archive: {
        kind: "http",
        publish: "async",
        attachments: "links",
        retry: { then: "repeat" },
        headers: {},
      },
    });
  });

  test("of Open-E have instances, each with a user of its own", async () => {
    const { "open-e": channel } = await channelsOf(
      'open-e: { instances: { internal: { url: "http://in/", username: u, password: p }, external: { url: "http://out/" } } }',
    );
    if (channel?.kind !== "open-e") throw new Error("it is none");
    expect(channel.endpoint).toBeNull();
    expect([...channel.instances]).toEqual([
      ["internal", { url: "http://in/", username: "u", password: "p" }],
      ["external", { url: "http://out/", username: null, password: null }],
    ]);
  });

  test("are waited for two at a time where their organisations differ", async () => {
    const yaml = `a: { kind: open-e, ${open}, organisations: [a] }\nb: { kind: open-e, ${open}, organisations: [b] }`;
    expect(Object.keys(await channelsOf(yaml))).toEqual(["a", "b"]);
  });

  test.each([
    [
      `archive: { ${open} }`,
      "channels.archive.kind: found nothing, expected one of open-e, http: its name is none of them",
    ],
    [
      "open-e: { username: u }",
      "channels.open-e.url: found nothing, expected an http:// or https:// URL, or instances",
    ],
    [
      `a: { kind: http, secret: "${SECRET}" }`,
      "channels.a.url: found nothing, expected an http:// or https:// URL",
    ],
    [
      `Open: { kind: open-e, ${open} }`,
      'channels.Open: found "Open", expected a lower-case name (a-z, 0-9, _ and -, a letter first)',
    ],
    [
      `open-e: { ${open}, retry: standart }`,
      'channels.open-e.retry: found "standart", expected one of table, standard, persistent; did you mean "standard"?',
    ],
    [
      `open-e: { ${open}, publish: later }`,
      'channels.open-e.publish: found "later", expected one of sync, async',
    ],
    [
      `open-e: { ${open}, cert_file: cert.pem }`,
      "channels.open-e.cert_file: found cert_file alone, expected cert_file and key_file together",
    ],
    [
      `open-e: { ${open}, ca_file: none.pem }`,
      `channels.open-e.ca_file: found no file at ${join(folder, "none.pem")}, expected a readable file`,
    ],
    [
      `open-e: { instances: { Internal: { ${open} } } }`,
      'channels.open-e.instances.Internal: found "Internal", expected it in lower case',
    ],
    [
      'archive: { kind: http, url: "http://a/" }',
      "channels.archive.secret: found nothing, expected whsec_ and the base64 of 24 to 64 bytes",
    ],
    [
      `open-e: { ${open} }\nb: { kind: open-e, ${open}, organisations: [b] }`,
      "channels.b.publish: found sync as open-e has it for the same organisations, expected async in one of them: an answer waits for one channel",
    ],
    [
      `open-e: { ${open}, pasword: x }`,
      'channels.open-e.pasword: found an unknown key, expected a known key; did you mean "password"?',
    ],
  ])("that are wrong are errors: %s", async (yaml, issue) => {
    expect(await issuesOf(yaml)).toEqual([issue]);
  });

  test.each([
    ["open-e", `kind: open-e, ${open}`, "http", `secret: "${SECRET}"`],
    ["open-e", `kind: open-e, ${open}`, "http", 'headers: { x-tenant: "7" }'],
    ["open-e", `kind: open-e, ${open}`, "http", "attachments: data"],
    ["http", http, "open-e", "username: u"],
    ["http", http, "open-e", "password: p"],
    ["http", http, "open-e", "numeric_flow_instance_id: true"],
    ["http", http, "open-e", `instances: { internal: { ${open} } }`],
  ])("of the kind %s (%s) have no keys of %s: %s", async (kind, channel, other, key) => {
    const [name = ""] = key.split(":");
    expect(await issuesOf(`a: { ${channel}, ${key} }`)).toEqual([
      `channels.a.${name}: found a key of channels of the kind ${other}, expected none: this one is ${kind}`,
    ]);
  });

  test("at an address that no request may go to are warned of, until allow_targets lists it", async () => {
    const yaml = (allowed: string) =>
      `webhooks: { allow_targets: [${allowed}] }\nchannels:\n` +
      `  in: { kind: open-e, url: "http://10.1.2.3/ws", instances: { other: { url: "https://[::1]:8443/ws" } } }\n` +
      `  out: { kind: http, url: "https://archive.example.org/", secret: "${SECRET}" }\n` +
      `  plain: { kind: http, url: "http://9.9.9.9/", secret: "${SECRET}" }\n`;
    const warningsOf = async (allowed: string) => {
      const file = join(folder, "koppla.yaml");
      writeFileSync(file, yaml(allowed));
      return (await loadConfig(file, {})).warnings.map(({ line, path, message }) => [line, path, message]);
    };
    expect(await warningsOf("")).toEqual([
      [
        3,
        "channels.in.url",
        "is not reached: 10.1.2.3 is a private address; webhooks.allow_targets does not list it",
      ],
      [
        3,
        "channels.in.instances.other.url",
        "is not reached: ::1 is this machine (loopback); webhooks.allow_targets does not list exactly it",
      ],
      [
        5,
        "channels.plain.url",
        "is not reached: 9.9.9.9 is reached by https only; webhooks.allow_targets lists those that are not",
      ],
    ]);
    expect(await warningsOf('10.0.0.0/8, "::1", 9.9.9.9')).toEqual([]);
  });

  test("with a secret that is none do not show it", async () => {
    const [issue, ...others] = await issuesOf('archive: { kind: http, url: "http://a/", secret: hunter2 }');
    expect(others).toEqual([]);
    expect(issue).toStartWith(
      "channels.archive.secret: found something else (not shown: it may be secret), expected whsec_",
    );
  });
});

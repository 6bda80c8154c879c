/**
 * Reads the configuration file.
 */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { Decoder, pathKey } from "./decode.ts";
import { ConfigError, fileError, inOrder } from "./errors.ts";
import type { Environment } from "./interpolate.ts";
import { type LoadedConfig, remember } from "./loaded.ts";
import { resolveConfig } from "./resolve.ts";
import type { Partly } from "./rules.ts";
import { rootNode } from "./schema-node.ts";
import type { RawConfig } from "./schema.ts";
import { readSource } from "./source.ts";
import type { Config } from "./types.ts";

export type Loaded = LoadedConfig;

interface Options {
  /** Hold JSON Schemas against their meta-schema too: 110 ms that `serve` does not take, and `check` does. */
  thorough?: boolean;
}

const MISSING =
  "found no such file, expected a configuration; `koppla init` writes one, --config FILE or KOPPLA_CONFIG names another";

/** Where a package of the system puts it. */
const OF_SYSTEM = "/etc/koppla/koppla.yaml";

/** The file to read: named by `--config`, else by `KOPPLA_CONFIG`, else `koppla.yaml` here, else the system's. */
export function configFile(given: string | undefined, env: Environment): string {
  if (given || env["KOPPLA_CONFIG"]) return given || env["KOPPLA_CONFIG"] || "";
  return !existsSync("koppla.yaml") && existsSync(OF_SYSTEM) ? OF_SYSTEM : "koppla.yaml";
}

/**
 * @param file  as the user named it; messages name it so, too
 * @throws {ConfigError} with everything that is wrong
 */
export async function loadConfig(file: string, env: Environment, options: Options = {}): Promise<Config> {
  return (await loadWithOrigins(file, env, options)).config;
}

/** Like {@link loadConfig}, with what `config show` needs besides. */
export async function loadWithOrigins(
  file: string,
  env: Environment,
  options: Options = {},
): Promise<Loaded> {
  return await draftConfig(file, env).whole(options);
}

/** A configuration of which each value has been read by itself. */
export interface Draft {
  /** What it is, unless its parts break a rule; undefined where a value is wrong already. */
  config: Config | undefined;
  /** Looks whether all of it goes together. To be asked once. @throws {ConfigError} with everything that is wrong */
  whole(options?: Options): Promise<Loaded>;
}

/**
 * As {@link loadConfig}, in two steps: the first takes half of the time, for a server that is to listen soon.
 * @throws {ConfigError} where there is no file, or none that can be read
 */
export function draftConfig(file: string, env: Environment): Draft {
  const path = resolve(file);
  if (!existsSync(path)) throw fileError(file, MISSING);
  const source = readSource(path, file);
  const decoder = new Decoder(source, env, dirname(path));
  const decoded = decoder.root(rootNode) as Partly<RawConfig> | undefined;
  // The decoder leaves nothing out without an issue, so what it made has the schema's whole type.
  const raw = decoded as RawConfig;
  const isRead = source.issues.length === 0 && decoder.issues.length === 0;
  const resolved = () => resolveConfig(raw, dirname(path), path);
  const draft = isRead ? attempt(resolved) : undefined;
  return { config: draft, whole };

  async function whole({ thorough = false }: Options = {}): Promise<Loaded> {
    const [{ brokenRules }, { commandWarnings }, { channelWarnings }] = await Promise.all([
      import("./rules.ts"),
      import("./action-rules.ts"),
      import("./channel-rules.ts"),
    ]);
    const schemaSource = (type: string) => decoder.sources.get(pathKey(["types", type, "schema"]));
    const broken = brokenRules(decoded ?? {}, source, { thorough, schemaSource });
    const issues = inOrder([...source.issues, ...decoder.issues, ...broken]);
    if (issues.length > 0) throw new ConfigError(issues);
    const config = draft ?? resolved();
    if (raw.server.public_url === undefined) {
      raw.server.public_url = config.server.publicUrl;
      decoder.origins.set(pathKey(["server", "public_url"]), "from listen");
      const address = raw.server.listen;
      if ("unix" in address || ["0.0.0.0", "::"].includes(address.hostname)) {
        const what = "unix" in address ? "is a socket" : "is every address";
        const message = `${what}, and without public_url links lead to ${config.server.publicUrl}`;
        const listen = ["server", "listen"];
        decoder.warnings.push(source.issue(source.locate(listen), listen, message));
      }
    }
    config.warnings.push(
      ...inOrder([...decoder.warnings, ...commandWarnings(raw, source), ...channelWarnings(raw, source)]),
    );
    return remember({ config, raw, origins: decoder.origins, source });
  }
}

/** What breaks a rule cannot always be resolved. */
function attempt<R>(work: () => R): R | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

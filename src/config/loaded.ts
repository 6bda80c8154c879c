/** How a configuration came about, for those who show it: kept beside it, since the program itself has no use for it. */
import type { RawConfig } from "./schema.ts";
import type { Source } from "./source.ts";
import type { Config } from "./types.ts";

export interface LoadedConfig {
  config: Config;
  /** The YAML with its defaults, in its own words. */
  raw: RawConfig;
  /** See {@link Decoder.origins}. */
  origins: ReadonlyMap<string, string>;
  /** The file. */
  source: Source;
}

const known = new WeakMap<Config, LoadedConfig>();

export function remember<T extends LoadedConfig>(loaded: T): T {
  known.set(loaded.config, loaded);
  return loaded;
}

/** A configuration has taken everything that `next` says (`reload/`). */
export function adopt(config: Config, next: Config): void {
  const loaded = known.get(next);
  if (loaded) known.set(config, loaded);
}

/** @returns undefined for one that was not read from a file */
export function loadedOf(config: Config): LoadedConfig | undefined {
  return known.get(config);
}

/** What has to hold for the channels of a configuration, beyond the shape of each. */
import { parseSecret } from "../deliveries/signature.ts";
import { AddressRules } from "../outgoing/addresses.ts";
import { Blocked, TargetGuard } from "../outgoing/guard.ts";
import { Problem } from "../problem.ts";
import type { Partly } from "./rules.ts";
import type { RawConfig } from "./schema.ts";
import type { Path, Source } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import type { ConfigIssue } from "./types.ts";

type RawChannel = Partly<RawConfig["channels"][string]>;
type Report = (path: Path, message: string, what?: "key" | "value") => void;

export const channelKinds = ["open-e", "http"] as const;
type ChannelKind = (typeof channelKinds)[number];

/** Keys that mean nothing to channels of other kinds. */
const ONLY: Readonly<Record<ChannelKind, readonly string[]>> = {
  "open-e": ["username", "password", "password_file", "numeric_flow_instance_id", "instances"],
  http: ["secret", "secret_file", "headers", "attachments"],
};

/** What a channel is, where it does not say so, its name says. */
export function channelKind(name: string, given: ChannelKind | undefined): ChannelKind | undefined {
  return given ?? channelKinds.find((kind) => kind === name);
}

/** Whoever posts a message waits for Open-E if nothing is said: its faults are the answer. */
export function publishes(kind: ChannelKind, given: "sync" | "async" | undefined): "sync" | "async" {
  return given ?? (kind === "open-e" ? "sync" : "async");
}

/**
 * @param schedules  the names of retry schedules
 * @param gives  whether the file itself has a key: what has a default is always there
 */
export function channelRules(
  channels: Readonly<Record<string, RawChannel | undefined>>,
  schedules: readonly string[],
  report: Report,
  gives: (path: Path) => boolean,
): void {
  const waiting: [name: string, organisations: readonly string[]][] = [];
  for (const [name, channel = {}] of Object.entries(channels)) {
    const path = ["channels", name];
    const kind = channelKind(name, channel.kind);
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
      report(
        path,
        `found ${JSON.stringify(name)}, expected a lower-case name (a-z, 0-9, _ and -, a letter first)`,
        "key",
      );
    }
    if (kind === undefined) {
      report(
        [...path, "kind"],
        `found nothing, expected one of ${channelKinds.join(", ")}: its name is none of them`,
      );
      continue;
    }
    for (const [other, keys] of Object.entries(ONLY)) {
      if (other === kind) continue;
      for (const key of keys.filter((one) => gives([...path, one]))) {
        const message = `found a key of channels of the kind ${other}, expected none: this one is ${kind}`;
        report([...path, key], message, "key");
      }
    }
    oneChannel(kind, channel, schedules, (inside, message, what) =>
      report([...path, ...inside], message, what),
    );
    if (publishes(kind, channel.publish) !== "sync") continue;
    const organisations = (channel.organisations ?? []).filter((code) => code !== undefined);
    const other = waiting.find(([, codes]) => overlap(codes, organisations));
    if (other) {
      const message = `found sync as ${other[0]} has it for the same organisations, expected async in one of them: an answer waits for one channel`;
      report([...path, "publish"], message);
    }
    waiting.push([name, organisations]);
  }
}

/** No codes are all codes. */
function overlap(one: readonly string[], other: readonly string[]): boolean {
  return one.length === 0 || other.length === 0 || one.some((code) => other.includes(code));
}

function oneChannel(
  kind: ChannelKind,
  channel: RawChannel,
  schedules: readonly string[],
  report: Report,
): void {
  const instances = Object.keys(channel.instances ?? {});
  if (channel.url === undefined && (kind === "http" || instances.length === 0)) {
    const or = kind === "open-e" ? ", or instances" : "";
    report(["url"], `found nothing, expected an http:// or https:// URL${or}`);
  }
  for (const name of instances) {
    if (name !== name.toLowerCase())
      report(["instances", name], `found ${JSON.stringify(name)}, expected it in lower case`, "key");
  }
  const { retry, secret } = channel;
  if (retry !== undefined && !schedules.includes(retry)) {
    const hint = didYouMean(retry, schedules);
    report(["retry"], `found "${retry}", expected one of ${schedules.join(", ")}${hint}`);
  }
  if ((channel.cert_file === undefined) !== (channel.key_file === undefined)) {
    const given = channel.cert_file === undefined ? "key_file" : "cert_file";
    report([given], `found ${given} alone, expected cert_file and key_file together`);
  }
  if (kind === "open-e") return;
  if (secret === undefined)
    report(["secret"], "found nothing, expected whsec_ and the base64 of 24 to 64 bytes");
  else if (!isSecret(secret))
    report(
      ["secret"],
      "found something else (not shown: it may be secret), expected whsec_ and the base64 of 24 to 64 bytes",
    );
}

/** What is accepted and will not arrive: channels at addresses that no request may go to. What a name stands for, nobody knows yet. */
export function channelWarnings(raw: RawConfig, source: Source): ConfigIssue[] {
  if (Object.keys(raw.channels).length === 0) return [];
  const guard = new TargetGuard({
    rules: new AddressRules(raw.webhooks.allow_targets),
    lookup: async () => [],
  });
  return Object.entries(raw.channels).flatMap(([name, { url, instances }]) => {
    const urls: [Path, string | undefined][] = [
      [["channels", name, "url"], url],
      ...Object.entries(instances).map(([instance, to]): [Path, string] => {
        return [["channels", name, "instances", instance, "url"], to.url];
      }),
    ];
    return urls.flatMap(([path, text]) => {
      const refusal = text === undefined ? undefined : refusalOf(guard, text);
      return refusal === undefined
        ? []
        : [source.issue(source.locate(path), path, `is not reached: ${refusal}`)];
    });
  });
}

function refusalOf(guard: TargetGuard, url: string): string | undefined {
  try {
    guard.vetAddress(url);
    return undefined;
  } catch (error) {
    if (error instanceof Blocked) return error.message;
    throw error;
  }
}

function isSecret(text: string): boolean {
  try {
    return parseSecret(text).length > 0;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

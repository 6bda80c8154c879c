import { isIP } from "node:net";

import { systemLookup } from "../../outgoing/guard.ts";
import { type Check, ok, warning, worst, type Finding } from "../check.ts";

/** A network larger than this many bits opens more than anybody's own: 10.0.0.0/8 and fc00::/7 are the largest. */
const LARGEST = { 4: 8, 6: 7 };
const METADATA = ["169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254"];
/** Names that are looked up. */
const MOST_NAMES = 50;

/** Whether `webhooks.allow_targets` opens what it should and no more. */
export const targets: Check = {
  name: "allow_targets",
  run: async ({ config: { webhooks } }) => {
    const entries = webhooks.allowTargets;
    if (entries.length === 0)
      return ok("webhooks.allow_targets is empty: only public addresses are reached.");
    const names = entries.filter((entry) => isIP(entry.split("/")[0] ?? "") === 0 && !entry.startsWith("*."));
    const unknown = await Promise.all(names.slice(0, MOST_NAMES).map(unresolved));
    const found = [...entries.map(judgeTarget), ...unknown].filter((one) => one !== undefined);
    return found.length > 0 ? worst(found) : ok(`webhooks.allow_targets opens ${entries.join(", ")}.`);
  },
};

/** @returns what is wrong with an entry */
export function judgeTarget(entry: string): Finding | undefined {
  const [address = "", bits] = entry.split("/");
  const family = isIP(address);
  if (METADATA.includes(address)) {
    return warning(
      `webhooks.allow_targets opens ${address}, a cloud's metadata service, which hands out the machine's credentials.`,
      `Take ${entry} out of webhooks.allow_targets.`,
    );
  }
  if (family !== 4 && family !== 6) return undefined;
  if (bits === undefined || Number(bits) >= LARGEST[family]) return undefined;
  return warning(
    `webhooks.allow_targets opens ${entry}: without TLS, and on any port.`,
    `Name the networks that receivers are in, in place of ${entry}.`,
  );
}

async function unresolved(name: string): Promise<Finding | undefined> {
  try {
    await systemLookup(name);
    return undefined;
  } catch {
    return warning(
      `${name}, of webhooks.allow_targets, does not resolve.`,
      `Mend the name, put it into DNS or /etc/hosts, or take it out.`,
    );
  }
}

/** The channels of a configuration: the one place that knows every kind. */
import { readFileSync } from "node:fs";

import type { ChannelConfig } from "../config/types.ts";
import type { OutgoingRequest } from "../outgoing/request.ts";
import type { Channel } from "./channel.ts";
import { HttpChannel } from "./http/channel.ts";

export async function openChannel(config: ChannelConfig): Promise<Channel> {
  const tls = tlsOf(config.tls);
  if (config.kind === "http") return new HttpChannel(config, tls);
  // Loaded only where it is used: the XML library would be a part of every start.
  const { OpenEChannel } = await import("./open-e/channel.ts");
  return new OpenEChannel(config, tls);
}

/** @throws what reading a file throws: without it nothing would be sent as the YAML says */
function tlsOf({ caFile, certFile, keyFile }: ChannelConfig["tls"]): OutgoingRequest["tls"] {
  const read = (file: string) => readFileSync(file, "utf8");
  if (caFile === null && certFile === null) return undefined;
  return {
    ...(caFile !== null && { ca: read(caFile) }),
    ...(certFile !== null && keyFile !== null && { cert: read(certFile), key: read(keyFile) }),
  };
}

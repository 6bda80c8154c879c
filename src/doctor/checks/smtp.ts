import { connect as connectPlain } from "node:net";
import { connect as connectTls } from "node:tls";

import { type Check, error, ok, skipped } from "../check.ts";

/** How long the mail server may take to greet, ms. */
const TIMEOUT = 5_000;
const LONGEST_GREETING = 1_000;

/** Whether the mail server greets (RFC 5321, 3.1). Nothing is sent to it. */
export const smtp: Check = {
  name: "smtp",
  run: async ({ config }) => {
    if (!config.smtp) return skipped("smtp is not set: no mail is sent.");
    const url = new URL(config.smtp.url);
    const where = `${url.hostname}:${portOf(url)}`;
    const remedy = "Mend smtp.url, or the way to that server: its name, port and firewall.";
    try {
      const greeting = await greetingOf(url);
      if (/^220[ -]/.test(greeting)) return ok(`The mail server ${where} greets.`);
      return error(`The mail server ${where} answers ${JSON.stringify(greeting.slice(0, 100))}.`, remedy);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      return error(`The mail server ${where} cannot be reached: ${why}.`, remedy);
    }
  },
};

function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "smtps:" ? 465 : 25) : Number(port);
}

/** The first line that it says. */
function greetingOf(url: URL): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const target = { host, port: portOf(url) };
  const socket =
    url.protocol === "smtps:" ? connectTls({ ...target, servername: host }) : connectPlain(target);
  const timer = setTimeout(() => reject(new Error(`no greeting within ${TIMEOUT / 1000} s`)), TIMEOUT);
  let text = "";
  socket.on("data", (bytes: Uint8Array) => {
    text += new TextDecoder().decode(bytes);
    if (text.includes("\n") || text.length > LONGEST_GREETING) resolve(text.split(/\r?\n/, 1)[0] ?? "");
  });
  socket.once("error", reject);
  socket.once("end", () => reject(new Error("it hung up without a greeting")));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}

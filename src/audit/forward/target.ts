/** Where copies of the audit log go. */
import { constants, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { hostname } from "node:os";

import { isoTime } from "../../http/query.ts";

/** An event as it is copied: as the API shows it, with whose it is. */
export interface ForwardedEvent {
  at: number;
  outcome: "success" | "denied";
  /** One line of JSON. */
  json: string;
}

export interface Target {
  /** What is remembered of it: how far it is. */
  name: string;
  /** Resolves when all of them are there. @throws what keeps them from it */
  write(events: readonly ForwardedEvent[]): Promise<void>;
  close(): Promise<void>;
}

/** A file with a line of JSON for each event, for this user alone. One that was rotated away is begun anew. */
export function fileTarget(path: string): Target {
  let file: FileHandle | undefined;
  let inode = 0;
  const current = async (): Promise<FileHandle> => {
    if (file && statSync(path, { throwIfNoEntry: false })?.ino === inode) return file;
    await file?.close();
    file = await open(path, constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY, 0o600);
    inode = (await file.stat()).ino;
    return file;
  };
  return {
    name: `file:${path}`,
    write: async (events) => {
      const handle = await current();
      await handle.appendFile(events.map(({ json }) => `${json}\n`).join(""));
      await handle.datasync();
    },
    close: async () => await file?.close(),
  };
}

/** Facility "log audit" (13): notice for what was done, warning for what was denied. RFC 5424, 6.2.1. */
const PRIORITY = { success: 13 * 8 + 5, denied: 13 * 8 + 4 };
const CONNECT_MS = 5_000;

/**
 * A syslog server, by RFC 5424: `udp://` (RFC 5426, a message each; what gets lost is lost) or `tcp://` (RFC 6587,
 * octet counting).
 */
export function syslogTarget(address: string): Target {
  const url = new URL(address);
  const { hostname: host, port, protocol } = url;
  const name = `syslog:${address}`;
  const at = Number(port) || 514;
  return protocol === "udp:" ? udpTarget(name, host, at) : tcpTarget(name, host, at);
}

function udpTarget(name: string, host: string, port: number): Target {
  const socket = createSocket(host.startsWith("[") ? "udp6" : "udp4");
  const to = host.replace(/^\[|\]$/g, "");
  const send = (text: string): Promise<void> =>
    new Promise((resolve, reject) =>
      socket.send(text, port, to, (error) => (error ? reject(error) : resolve())),
    );
  return {
    name,
    write: async (events) => {
      for (const event of events) await send(syslogLine(event));
    },
    close: async () => void socket.close(),
  };
}

function tcpTarget(name: string, host: string, port: number): Target {
  let socket: Socket | undefined;
  const current = async (): Promise<Socket> => {
    if (socket?.writable) return socket;
    const fresh = connect({ host: host.replace(/^\[|\]$/g, ""), port });
    fresh.setKeepAlive(true);
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => fresh.destroy(new Error("it does not answer")), CONNECT_MS);
      fresh.once("connect", resolve).once("error", reject);
      fresh.once("close", () => reject(new Error("the connection was closed")));
      fresh.once("connect", () => clearTimeout(late)).once("close", () => clearTimeout(late));
    });
    fresh.on("error", () => {});
    // It says nothing; reading tells that it has gone.
    fresh.resume();
    return (socket = fresh);
  };
  return {
    name,
    write: async (events) => {
      const text = events
        .map(syslogLine)
        .map((line) => `${Buffer.byteLength(line)} ${line}`)
        .join("");
      const connection = await current();
      await new Promise<void>((resolve, reject) =>
        connection.write(text, (error) => (error ? reject(error) : resolve())),
      );
    },
    close: async () => void socket?.end(),
  };
}

/** RFC 5424, 6: the header, no structured data, and the event as JSON. */
export function syslogLine({ at, outcome, json }: ForwardedEvent): string {
  const header = `<${PRIORITY[outcome]}>1 ${isoTime(at)} ${hostname().slice(0, 255) || "-"} koppla ${process.pid} audit -`;
  return `${header} ${json}`;
}

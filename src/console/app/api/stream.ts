/**
 * Server-sent events by fetch: EventSource can send no headers, and the organisation that is looked at is one.
 * WHATWG HTML, 9.2.
 */
import { send } from "./client.ts";

export interface ServerEvent {
  event: string;
  data: string;
  id: string;
}

/** Connects anew after so long, doubled with each failure in a row; milliseconds. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Follows a stream until `signal` ends it; connects anew when it breaks, from the last id.
 * @param told  for each event; what it throws ends the stream
 * @param connected  told whether the stream is there
 */
export async function follow(
  path: string,
  signal: AbortSignal,
  told: (event: ServerEvent) => void,
  connected: (there: boolean) => void = () => {},
): Promise<void> {
  let wait = FIRST_WAIT_MS;
  let lastId = "";
  while (!signal.aborted) {
    try {
      const headers = { accept: "text/event-stream", ...(lastId !== "" && { "last-event-id": lastId }) };
      const response = await send(path, { headers, signal });
      connected(true);
      wait = FIRST_WAIT_MS;
      for await (const event of events(response.body)) {
        if (event.id !== "") lastId = event.id;
        told(event);
      }
    } catch {
      if (signal.aborted) return;
    }
    connected(false);
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

/** What the tab that has the stream tells the others. */
type Shared = { event: ServerEvent } | { connected: boolean };

/**
 * As {@link follow}, with one stream for all tabs of a browser: over HTTP/1.1 it has six connections to a server, and a
 * stream each would leave the seventh tab none for anything. A tab that nobody sees gives the stream to another.
 * @param name  the same for those who may share what is told: who looks, and at what
 */
export function followTogether(
  name: string,
  path: string,
  signal: AbortSignal,
  told: (event: ServerEvent) => void,
  connected: (there: boolean) => void,
): void {
  const channel = new BroadcastChannel(name);
  channel.addEventListener("message", ({ data }: MessageEvent<Shared>) => {
    if ("event" in data) told(data.event);
    else connected(data.connected);
  });
  signal.addEventListener("abort", () => channel.close(), { once: true });
  const tell = (shared: Shared) => {
    if (!signal.aborted) channel.postMessage(shared);
  };
  const lead = (end: AbortSignal) =>
    follow(
      path,
      end,
      (event) => {
        told(event);
        tell({ event });
      },
      (there) => {
        connected(there);
        tell({ connected: there });
      },
    );
  let seen: AbortController | undefined;
  const look = (): void => {
    if (document.hidden) {
      seen?.abort();
      seen = undefined;
    } else if (!seen) {
      seen = new AbortController();
      const end = AbortSignal.any([signal, seen.signal]);
      // Browsers have locks on secure pages alone: elsewhere each tab that is seen has a stream of its own.
      if (!("locks" in navigator)) void lead(end);
      else navigator.locks.request(name, { signal: end }, () => lead(end)).catch(() => {});
    }
  };
  document.addEventListener("visibilitychange", look, { signal });
  look();
}

async function* events(body: ReadableStream<Uint8Array<ArrayBuffer>> | null): AsyncGenerator<ServerEvent> {
  if (!body) return;
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = parse(block);
        if (event) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parse(block: string): ServerEvent | undefined {
  const event: ServerEvent = { event: "message", data: "", id: "" };
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "data") data.push(value);
    else if (field === "event" || field === "id") event[field] = value;
  }
  if (data.length === 0) return undefined;
  return { ...event, data: data.join("\n") };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

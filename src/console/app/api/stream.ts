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

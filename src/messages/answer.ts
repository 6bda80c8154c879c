/** Answers with messages: small ones as any other, those with large attachments as they are read. */
import { json, NOT_SHARED, requestId } from "../http/respond.ts";
import type { WebMessage } from "./message.ts";
import type { Pages } from "./service.ts";
import { messageJson } from "./wire.ts";

type Read = (blob: string) => AsyncIterable<Uint8Array>;

/** Bytes up to which an answer is put together before it is sent: it then has a length and may be compressed. */
const WHOLE = 262_144;

/** One message. */
export function messageAnswer(
  request: Request,
  message: WebMessage,
  read: Read,
  more?: object,
): Promise<Response> {
  return answer(request, messageJson(message, read, more));
}

/** All of a list. */
export function listAnswer(request: Request, pages: Pages, read: Read): Promise<Response> {
  return answer(request, listJson(pages, read));
}

async function* listJson(pages: Pages, read: Read): AsyncGenerator<string> {
  yield "[";
  let first = true;
  for (let page = await pages(); page.length > 0; page = await pages()) {
    for (const message of page) {
      if (!first) yield ",";
      first = false;
      yield* messageJson(message, read);
    }
  }
  yield "]";
}

async function answer(request: Request, pieces: AsyncGenerator<string>): Promise<Response> {
  let text = "";
  for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) {
    text += piece.value;
    if (text.length > WHOLE) return streamed(request, text, pieces);
  }
  return json(request, text);
}

function streamed(request: Request, begun: string, pieces: AsyncGenerator<string>): Response {
  const encoder = new TextEncoder();
  let first: string | undefined = begun;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        if (first !== undefined) {
          controller.enqueue(encoder.encode(first));
          first = undefined;
          return;
        }
        // SQLite answers within the turn: without this a quick reader would hold the event loop to the end.
        await new Promise((resolve) => setImmediate(resolve));
        const { value, done } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (error) {
        // A message was removed meanwhile. The status is long sent: what breaks off tells that it is not whole.
        controller.error(error);
      }
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
  return new Response(stream, {
    headers: {
      "content-type": "application/json",
      "cache-control": NOT_SHARED,
      "x-request-id": requestId(request),
    },
  });
}

/** What readers of bodies of either kind have in common. */
import { malformed, type SentMessage } from "./sent.ts";

export interface MessageLimits {
  /** Bytes of a whole body. */
  body: number;
  /** Bytes of it beside the attachments. */
  text: number;
  /** Milliseconds that a body may take to arrive. */
  time: number;
}

/** Takes a body piece by piece. Between two of them what has been taken is written. */
export interface BodyReader {
  push(chunk: Uint8Array): Promise<void> | void;
  /** All has come. */
  end(): Promise<SentMessage> | SentMessage;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** JSON in which numbers have become the text that they were written as. @throws Problem `malformed` */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw malformed(`${what} is not UTF-8.`);
  }
  try {
    const asWritten = (_: string, value: unknown, context?: { source?: string }) =>
      typeof value === "number" ? (context?.source ?? String(value)) : value;
    return JSON.parse(text, asWritten) as unknown;
  } catch (error) {
    const reason =
      error instanceof SyntaxError ? error.message.replace(/^JSON Parse error: /, "") : "nested too deep";
    throw malformed(`${what} is not JSON: ${reason.slice(0, 200)}.`);
  }
}

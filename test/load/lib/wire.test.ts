import { expect, test } from "bun:test";

import { MessageReader, statusCode } from "./wire.ts";

const messages = [
  'POST /hook HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}',
  "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n\r\n\r\nx",
];

function read(chunks: Buffer[]): string[] {
  const found: string[] = [];
  const reader = new MessageReader((bytes, start, body, end) =>
    found.push(`${bytes.toString("latin1", start, body)}|${bytes.toString("latin1", body, end)}`),
  );
  for (const chunk of chunks) reader.push(chunk);
  return found;
}

test("messages are found wherever the stream is cut", () => {
  const stream = Buffer.from(messages.join(""));
  const whole = read([stream]);
  expect(whole).toHaveLength(3);
  expect(whole.join("").replaceAll("|", "")).toBe(stream.toString());
  for (let cut = 1; cut < stream.length; cut++)
    expect(read([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(whole);
  expect(read([...stream].map((byte) => Buffer.from([byte])))).toEqual(whole);
});

test("a chunked message is refused instead of being misread", () => {
  const chunked = Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect(() => read([chunked])).toThrow("chunked");
});

test("the status of an answer is its second word", () => {
  expect(statusCode(Buffer.from(messages[1] ?? ""), 0)).toBe(204);
});

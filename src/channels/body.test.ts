import { describe, expect, test } from "bun:test";

import type { ChannelAttachment } from "../messages/publisher.ts";
import { Marks, streamedBody } from "./body.ts";

const attachment = (bytes: Uint8Array, pieces: readonly number[]): ChannelAttachment => ({
  ...{ fileName: "a", mimeType: "b", size: bytes.byteLength },
  async *read() {
    let at = 0;
    for (const length of [...pieces, bytes.byteLength]) {
      yield bytes.subarray(at, at + length);
      at += length;
    }
  },
});

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe("a body that is made while it is sent", () => {
  test("has attachments in base64 whatever the pieces they come in, and is as long as it says", async () => {
    for (const length of [0, 1, 2, 3, 4, 5, 6, 100, 1_001]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 37) % 256);
      for (const pieces of [[], [1], [1, 1], [2, 2, 2], [3, 1], [0, 5, 0], [50, 49]]) {
        const marks = new Marks();
        const text = `å<${marks.of(attachment(bytes, pieces))}>🙂<${marks.of(attachment(bytes, []))}>`;
        const body = streamedBody(marks.fill(text));
        const base64 = Buffer.from(bytes).toString("base64");
        expect(await textOf(body.open())).toBe(`å<${base64}>🙂<${base64}>`);
        // Once more, as after a connection that broke.
        expect(Buffer.byteLength(await textOf(body.open()))).toBe(body.size);
      }
    }
  });

  test("breaks off where an attachment is not as long as it was said", async () => {
    const marks = new Marks();
    const short = { ...attachment(new Uint8Array(5), []), size: 6 };
    const body = streamedBody(marks.fill(marks.of(short)));
    expect(textOf(body.open())).rejects.toThrow("6 bytes had 5");
  });

  test("has no attachment in place of a mark that somebody made up", () => {
    const marks = new Marks();
    marks.of(attachment(new Uint8Array(1), []));
    expect(marks.fill("attachment-0. attachment-00000000-0000-0000-0000-000000000000-0.")).toEqual([
      "attachment-0. attachment-00000000-0000-0000-0000-000000000000-0.",
    ]);
  });
});

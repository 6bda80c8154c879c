import { describe, expect, test } from "bun:test";

import { disposition, parseRange, rawAnswer } from "./raw.ts";

describe("a range", () => {
  test.each([
    ["bytes=0-0", { from: 0, to: 1 }],
    ["bytes=2-5", { from: 2, to: 6 }],
    ["bytes=2-", { from: 2, to: 10 }],
    ["bytes=2-99", { from: 2, to: 10 }],
    ["bytes=-3", { from: 7, to: 10 }],
    ["bytes=-99", { from: 0, to: 10 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-2", undefined],
    ["bytes=0-1,3-4", undefined],
    ["bytes=-", undefined],
    ["items=0-1", undefined],
    [null, undefined],
  ] as const)("%p of ten bytes is %p", (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected as ReturnType<typeof parseRange>);
  });
});

describe("a file's name", () => {
  test.each([
    ["letter.pdf", `attachment; filename="letter.pdf"; filename*=UTF-8''letter.pdf`],
    ["brev å.pdf", `attachment; filename="brev _.pdf"; filename*=UTF-8''brev%20%C3%A5.pdf`],
    ["../../.bashrc", `attachment; filename="bashrc"; filename*=UTF-8''bashrc`],
    ["100%.pdf", `attachment; filename="100_.pdf"; filename*=UTF-8''100%25.pdf`],
    ["it's (1)*.pdf", `attachment; filename="it's (1)_.pdf"; filename*=UTF-8''it%27s%20%281%29_.pdf`],
    ["invoice\u202efdp.exe", `attachment; filename="invoice_fdp.exe"; filename*=UTF-8''invoice_fdp.exe`],
    ["...", `attachment; filename="attachment"; filename*=UTF-8''attachment`],
  ])("%p is sent as %s", (name, expected) => {
    expect(disposition(name)).toBe(expected);
  });
});

describe("an attachment's answer", () => {
  const bytes = new TextEncoder().encode("0123456789");
  const attachment = { fileName: "a.html", mimeType: "text/html", size: 10, blob: "b1" };
  const ask = (headers: Record<string, string>, method = "GET") =>
    rawAnswer(
      new Request("http://localhost/", { method, headers }),
      attachment,
      async function* ({ from, to }) {
        yield bytes.slice(from, to);
      },
    );
  const shown = async (answer: Response) => [
    answer.status,
    answer.headers.get("content-range"),
    await answer.text(),
  ];

  test("is a file that no browser looks into or runs", async () => {
    const { headers } = await ask({});
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-disposition")).toStartWith("attachment;");
    expect(headers.get("content-security-policy")).toContain("sandbox");
  });

  test("has what was asked for", async () => {
    expect(await shown(await ask({}))).toEqual([200, null, "0123456789"]);
    expect(await shown(await ask({ range: "bytes=2-4" }))).toEqual([206, "bytes 2-4/10", "234"]);
    const [status, range] = await shown(await ask({ range: "bytes=10-" }));
    expect([status, range]).toEqual([416, "bytes */10"]);
    expect(await shown(await ask({ "if-none-match": '"b1"' }))).toEqual([304, null, ""]);
  });

  test("has all of it where If-Range names something else", async () => {
    expect(await shown(await ask({ range: "bytes=2-4", "if-range": '"b1"' }))).toEqual([
      206,
      "bytes 2-4/10",
      "234",
    ]);
    expect(await shown(await ask({ range: "bytes=2-4", "if-range": '"b0"' }))).toEqual([
      200,
      null,
      "0123456789",
    ]);
  });
});

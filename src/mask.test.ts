import { expect, test } from "bun:test";

import { clean } from "./audit/redact.ts";
import { createLogger } from "./log.ts";
import { maskUrls } from "./mask.ts";

const URL_WITH_SECRETS =
  "https://h/api/public/trainings/?org=demo&PW=opensesame&userPw=hemligt%20x&maxRows=5";

test.each([
  [URL_WITH_SECRETS, "https://h/api/public/trainings/?org=demo&PW=***&userPw=***&maxRows=5"],
  ["GET /?apikey=abc HTTP/1.1", "GET /?apikey=*** HTTP/1.1"],
  ['url="/?a=1&password=x"', 'url="/?a=1&password=***"'],
  ["a sum: 1 & pw = 2, ?pw, ?spw=3", "a sum: 1 & pw = 2, ?pw, ?spw=3"],
])("of %p a secret in the query is masked, and nothing else", (text, masked) => {
  expect(maskUrls(text)).toBe(masked);
});

test("a log line has no secret of a URL: not in its message, in a field, deep in one, or in an error", () => {
  for (const format of ["json", "text"] as const) {
    const lines: string[] = [];
    const log = createLogger({ level: "debug", format, write: (line) => void lines.push(line) });
    log.error(`asked ${URL_WITH_SECRETS}`, {
      url: URL_WITH_SECRETS,
      deep: { list: [`"${URL_WITH_SECRETS}&pw=opensesame\\"`] },
      error: new Error(URL_WITH_SECRETS, { cause: new Error(URL_WITH_SECRETS) }),
    });
    expect(lines.join("")).toContain("maxRows=5");
    if (format === "json") expect(lines.map((line) => JSON.parse(line) as unknown)).toHaveLength(1);
    expect(lines.join("")).not.toContain("opensesame");
    expect(lines.join("")).not.toContain("hemligt");
  }
});

test("nor has the audit log", () => {
  expect(clean(URL_WITH_SECRETS)).not.toContain("opensesame");
});

import { describe, expect, test } from "bun:test";

import { OAuthError } from "./error.ts";
import { MAX_FORM, parseForm, readForm } from "./form.ts";

const parse = (text: string) => Object.fromEntries(parseForm(new TextEncoder().encode(text)));
const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof OAuthError) return `${error.status} ${error.code}`;
  }
  return "nothing was wrong";
};

describe("a form", () => {
  test("is read with its encoding undone", () => {
    expect(parse("scope=a%3Ab+c&totp=123456&x=%C3%A5")).toEqual({ scope: "a:b c", totp: "123456", x: "å" });
  });

  test("counts a parameter without a value as left out", () => {
    expect(parse("scope=&state&a=1&&")).toEqual({ a: "1" });
  });

  test.each(["a=1&a=1", "a=1&a=", "a=&a", "a=1&%61=2", "a=%", "a=%C3", "%FF=1"])("is refused: %s", (text) => {
    expect(refusal(() => parse(text))).toBe("400 invalid_request");
  });

  test("is refused where it is not UTF-8", () => {
    expect(refusal(() => parseForm(Uint8Array.of(0x61, 0x3d, 0xff)))).toBe("400 invalid_request");
  });

  test("has no names that mean something to JavaScript", () => {
    expect(parseForm(new TextEncoder().encode("__proto__=1&constructor=2")).get("toString")).toBeUndefined();
  });
});

describe("a request with a form", () => {
  const send = async (init: RequestInit, url = "http://localhost/oauth/token") => {
    try {
      return Object.fromEntries(await readForm(new Request(url, { method: "POST", ...init }), 1_000));
    } catch (error) {
      if (error instanceof OAuthError) return `${error.status} ${error.code}`;
      throw error;
    }
  };
  const type = (text: string) => ({ headers: { "content-type": text }, body: "a=1" });

  test("may name its character set", async () => {
    expect(await send(type("application/x-www-form-urlencoded; charset=UTF-8"))).toEqual({ a: "1" });
    expect(await send(type("Application/X-WWW-Form-URLEncoded"))).toEqual({ a: "1" });
  });

  test.each(["application/json", "multipart/form-data", "application/x-www-form-urlencodedx", "text/plain"])(
    "is refused as %s",
    async (text) => {
      expect(await send(type(text))).toBe("400 invalid_request");
    },
  );

  test("is refused with anything in the URL, be it only the question mark", async () => {
    for (const query of ["?client_secret=x", "?"]) {
      const url = `http://localhost/oauth/token${query}`;
      expect(await send(type("application/x-www-form-urlencoded"), url)).toBe("400 invalid_request");
    }
  });

  test("is refused when it is too large, announced or not", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = `a=${"x".repeat(MAX_FORM)}`;
    expect(await send({ headers, body })).toBe("413 invalid_request");
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(body));
        controller.close();
      },
    });
    expect(await send({ headers, body: stream })).toBe("413 invalid_request");
  });
});

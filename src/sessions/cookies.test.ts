import { expect, test } from "bun:test";

import { cookieNames, readCookie, removeCookie, setCookie } from "./cookies.ts";

const VALUE = "AbCdEf-_0123456789AbCdEf-_0123456789AbCdEf-";
const asked = (cookie: string) => new Request("http://localhost/", { headers: { cookie } });

test("behind https a cookie is of this host alone, and says so in its name", () => {
  expect(cookieNames(true)).toEqual({ session: "__Host-koppla_session", login: "__Host-koppla_login" });
  expect(cookieNames(false)).toEqual({ session: "koppla_session", login: "koppla_login" });
  expect(cookieNames(true, "/koppla").session).toBe("__Secure-koppla_session");
  expect(setCookie("a", VALUE, true, "/koppla")).toBe(
    `a=${VALUE}; Path=/koppla; HttpOnly; SameSite=Lax; Secure`,
  );
  expect(setCookie("a", VALUE, true)).toBe(`a=${VALUE}; Path=/; HttpOnly; SameSite=Lax; Secure`);
  expect(removeCookie("a", false)).toBe("a=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
});

test("a cookie is found among others, by its whole name", () => {
  expect(readCookie(asked(`x=1; koppla_session=${VALUE}; y=2`), "koppla_session")).toBe(VALUE);
  expect(readCookie(asked(`not_koppla_session=${VALUE}`), "koppla_session")).toBeUndefined();
  expect(readCookie(asked(`__Host-koppla_session=${VALUE}`), "koppla_session")).toBeUndefined();
  expect(readCookie(new Request("http://localhost/"), "koppla_session")).toBeUndefined();
});

test.each(["", "short", `${VALUE}x`, `${VALUE.slice(1)}\u00e5`, `"${VALUE}"`, "a".repeat(100_000)])(
  "%.50j is no value of ours",
  (value) => {
    const request = new Request("http://localhost/");
    // A browser's headers are bytes; fetch would refuse some of these.
    Object.defineProperty(request, "headers", { value: { get: () => `koppla_session=${value}` } });
    expect(readCookie(request, "koppla_session")).toBeUndefined();
  },
);

test("one that is none of ours does not hide one that is", () => {
  expect(readCookie(asked(`koppla_session=x; koppla_session=${VALUE}`), "koppla_session")).toBe(VALUE);
});

import { expect, test } from "bun:test";

import { credentialsOf } from "./credentials.ts";
import { OAuthError } from "./error.ts";

const read = (authorization: string | undefined, form: Record<string, string> = {}) => {
  const headers = new Headers(authorization === undefined ? {} : { authorization });
  const request = new Request("http://localhost/oauth/token", { method: "POST", headers });
  try {
    return credentialsOf(request, new Map(Object.entries(form)));
  } catch (error) {
    if (error instanceof OAuthError) return `${error.status} ${error.code}`;
    throw error;
  }
};
const basic = (text: string) => `Basic ${btoa(text)}`;

test("the client's id and secret come by HTTP Basic, encoded as in a form", () => {
  const known = { clientId: "acc_1", secret: "koppla_a b:c", basic: true };
  expect(read(basic("acc_1:koppla_a+b%3Ac"))).toEqual(known);
  expect(read(basic("acc%5F1:koppla%5Fa%20b%3ac"))).toEqual(known);
  expect(read(basic("acc_1:koppla_a+b:c").replace("Basic", "bAsIc"))).toEqual(known);
});

test("or in the body", () => {
  expect(read(undefined, { client_id: "acc_1", client_secret: "s" })).toEqual({
    clientId: "acc_1",
    secret: "s",
    basic: false,
  });
});

test("the id may stand in the body beside HTTP Basic, if it is the same", () => {
  expect(read(basic("acc_1:s"), { client_id: "acc_1" })).toMatchObject({ clientId: "acc_1", basic: true });
  expect(read(basic("acc_1:s"), { client_id: "acc_2" })).toBe("400 invalid_request");
});

test("two secrets are one too many, also when they are the same", () => {
  expect(read(basic("acc_1:s"), { client_id: "acc_1", client_secret: "s" })).toBe("400 invalid_request");
  expect(read("Bearer x", { client_id: "acc_1", client_secret: "s" })).toBe("400 invalid_request");
});

test("without both there is no client", () => {
  expect(read(undefined)).toBe("401 invalid_client");
  expect(read(undefined, { client_id: "acc_1" })).toBe("401 invalid_client");
  expect(read(undefined, { client_secret: "s" })).toBe("401 invalid_client");
});

test.each(["Basic", "Basic ", "Basic !!!", basic("nothing"), basic(":s"), basic("acc_1:"), basic("%:s")])(
  "%s cannot be read",
  (header) => {
    expect(read(header)).toBe("400 invalid_request");
  },
);

test("another scheme is not offered", () => {
  expect(read("Bearer koppla_x")).toBe("401 invalid_client");
  expect(read("Basicx YTpi")).toBe("401 invalid_client");
});

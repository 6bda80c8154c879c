import { expect, test } from "bun:test";

import { metadata, metadataPaths } from "./metadata.ts";

test("every endpoint lies under the issuer", () => {
  const issuer = "https://host.example/koppla";
  for (const [name, value] of Object.entries(metadata(issuer)))
    if (/_endpoint$|_uri$/.test(name)) expect(String(value)).toStartWith(`${issuer}/oauth/`);
});

test("the metadata of an issuer with a path has the path behind", () => {
  expect(metadataPaths("https://host.example")).toEqual(["/.well-known/oauth-authorization-server"]);
  expect(metadataPaths("https://host.example/a/b")).toEqual([
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/a/b",
  ]);
});

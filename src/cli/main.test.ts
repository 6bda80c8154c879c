import { expect, test } from "bun:test";

import { plainServe } from "./main.ts";

test("serve with nothing but a configuration needs no command line to be read", () => {
  expect(plainServe(["serve"])).toEqual({});
  expect(plainServe(["serve", "-c", "a.yaml"])).toEqual({ config: "a.yaml" });
  expect(plainServe(["serve", "--config", "a.yaml"])).toEqual({ config: "a.yaml" });
});

test("everything else is left to who knows all commands", () => {
  for (const args of [
    ...[[], ["check"], ["serve", "--help"], ["serve", "-c"], ["serve", "-c", ""], ["serve", "-c", "--help"]],
    ...[
      ["serve", "--config=a.yaml"],
      ["serve", "-c", "a.yaml", "more"],
      ["serve", "a.yaml"],
    ],
  ])
    expect(plainServe(args)).toBeUndefined();
});

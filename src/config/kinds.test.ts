import { expect, test } from "bun:test";

import { formatDuration, formatSize, kinds, parseDuration, parseListen, parseSize } from "./kinds.ts";

test.each([
  ["500ms", 500],
  ["0s", 0],
  ["5s", 5000],
  ["1.5h", 5_400_000],
  ["90 d", 7_776_000_000],
])("the duration %s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "5", "s", "-5s", "5 sec", "5S", "1h30m", "99999999999d", "0x5s"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([0, 1, 500, 1000, 1500, 5000, 60_000, 90_000, 3_600_000, 86_400_000, 90 * 86_400_000])(
  "%d ms are written so that they are read again",
  (ms) => {
    expect(parseDuration(formatDuration(ms))).toBe(ms);
  },
);

test.each([
  ["60s", "60s"],
  ["120s", "2m"],
  ["90d", "90d"],
  ["24h", "24h"],
  ["1500ms", "1500ms"],
])("%s is written as %s", (text, written) => {
  expect(formatDuration(parseDuration(text) ?? NaN)).toBe(written);
});

test("sizes count by 1024 and are written so that they are read again", () => {
  expect(parseSize("32MB")).toBe(33_554_432);
  for (const text of ["0B", "100B", "1KB", "1536KB", "32MB", "3GB"])
    expect(formatSize(parseSize(text) ?? NaN)).toBe(text);
  for (const text of ["", "32", "32M", "-1KB", "32mb", "99999999999GB"])
    expect(parseSize(text)).toBeUndefined();
});

test.each([
  ["127.0.0.1:8080", "127.0.0.1", 8080],
  ["localhost:0", "localhost", 0],
  [":8080", "0.0.0.0", 8080],
  ["*:8080", "0.0.0.0", 8080],
  ["[::]:8080", "::", 8080],
  ["[::1]:65535", "::1", 65_535],
])("%s listens at %s, port %d", (text, hostname, port) => {
  expect(parseListen(text)).toEqual({ hostname, port });
});

test.each([
  "8080",
  "localhost",
  "localhost:",
  "::1:8080",
  "[127.0.0.1]:80",
  "127.0.0.300:80",
  "a b:80",
  "a:65536",
  "http://a:80",
])("%j is no place to listen", (text) => {
  expect(parseListen(text)).toBeUndefined();
});

test.each([
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ["https://Koppla.Example.org/", "https://koppla.example.org"],
  ["https://a.example/base//", "https://a.example/base"],
  ["ftp://a.example", undefined],
  ["https://", undefined],
  ["https://u:p@a.example", undefined],
  ["https://a.example/?", undefined],
  ["https://a.example/#x", undefined],
])("the public URL %s is %s", (text, expected) => {
  expect(kinds.publicUrl.parse(text)).toBe(expected);
});

test.each([
  ["sqlite:./a.db", { kind: "sqlite", path: "./a.db" }],
  ["sqlite:///var/a.db", { kind: "sqlite", path: "/var/a.db" }],
  ["postgres://u@h/d", { kind: "postgres", url: "postgres://u@h/d" }],
  ["postgresql://h/d?sslmode=require", { kind: "postgres", url: "postgresql://h/d?sslmode=require" }],
  ["sqlite:", undefined],
  ["sqlite://a.db", undefined],
  ["sqlite::memory:", undefined],
  ["postgres://h", undefined],
  ["./a.db", undefined],
])("the database %s is %j", (text, expected) => {
  expect(kinds.databaseUrl.parse(text)).toEqual(expected as ReturnType<typeof kinds.databaseUrl.parse>);
});

test.each([
  ["10.0.0.0/8", true],
  ["192.0.2.1", true],
  ["fc00::/7", true],
  ["erp.local", false],
  ["10.0.0.0/33", false],
  ["fc00::/129", false],
  ["10.0.0/8", false],
  ["10.0.0.0/8/8", false],
])("%s is a network: %p", (text, expected) => {
  expect(kinds.network.parse(text) !== undefined).toBe(expected);
});

test.each([
  ["erp.local", true],
  ["erp", true],
  ["10.0.0.0/8", true],
  ["10.0.0", false],
  ["a b", false],
  ["erp.local:80", false],
  ["http://erp.local", false],
  ["-a.local", false],
])("%s is a target: %p", (text, expected) => {
  expect(kinds.target.parse(text) !== undefined).toBe(expected);
});

import { expect, test } from "bun:test";

import { type Load, loadOf } from "./load.ts";

const isType = (name: string) => name === "trainings";
const load = (method: string, path: string, headers: Record<string, string> = {}): Load =>
  loadOf(new Request(`http://localhost${path}`, { method, headers }), isType);

test("reading, removing, logging in and managing go on", () => {
  for (const [method, path] of [
    ["GET", "/api/v1/trainings"],
    ["GET", "/api/v1/trainings/import"],
    ["DELETE", "/api/v1/trainings/1"],
    ["POST", "/oauth/token"],
    ["POST", "/api/v1/receivers"],
    ["POST", "/api/v1/receivers/1/disable"],
    ["POST", "/api/v1/deliveries/1/resend"],
    ["GET", "/webmessages/1"],
    ["POST", "/api/public/userLogin/"],
  ] as const)
    expect([method, path, load(method, path)]).toEqual([method, path, "none"]);
});

test("a push stores", () => {
  for (const [method, path] of [
    ["PUT", "/api/v1/trainings/1"],
    ["PATCH", "/api/v1/trainings/import"],
    ["POST", "/api/v1/trainings"],
    ["POST", "/api/v1/trainings?on_error=skip"],
    ["POST", "/api/public/trainings/add/"],
    ["GET", "/api/public/trainings/add/?org=a"],
  ] as const)
    expect([method, path, load(method, path)]).toEqual([method, path, "stores"]);
});

test("files, messages, actions and long bodies are bulk", () => {
  for (const [method, path] of [
    ["POST", "/api/v1/trainings/import?mode=replace"],
    ["POST", "/api/v1/trainings/export"],
    ["POST", "/webmessages"],
    ["POST", "/api/v1/actions/send-report"],
    ["POST", "/api/v1/webmessages/parties/1/export"],
  ] as const)
    expect([method, path, load(method, path)]).toEqual([method, path, "bulk"]);
  expect(load("POST", "/api/v1/trainings", { "content-length": "262144" })).toBe("bulk");
  expect(load("POST", "/api/v1/trainings", { "content-length": "262143" })).toBe("stores");
  expect(load("POST", "/api/v1/trainings", { "transfer-encoding": "chunked" })).toBe("bulk");
});

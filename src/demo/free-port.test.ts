import { expect, test } from "bun:test";
import { freePort } from "./free-port.ts";

test("a free port is given as wanted, a taken one moves to the next that is free", () => {
  const port = freePort("127.0.0.1", 0);
  expect(freePort("127.0.0.1", port)).toBe(port);
  using taken = Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
  expect(freePort("127.0.0.1", taken.port)).toBeGreaterThan(port);
});

test("an address that is not this machine's is an error, not the next port", () => {
  expect(() => freePort("192.0.2.1", 0)).toThrow();
});

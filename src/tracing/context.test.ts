import { expect, test } from "bun:test";

import { currentTrace, formatTraceparent, inTrace, parseTraceparent } from "./context.ts";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test("the example of the recommendation is read, and written as it was", () => {
  const header = `00-${ID}-${SPAN}-01`;
  const context = parseTraceparent(header);
  expect(context).toEqual({ traceId: ID, spanId: SPAN, sampled: true });
  expect(context && formatTraceparent(context)).toBe(header);
  expect(parseTraceparent(`00-${ID}-${SPAN}-00`)?.sampled).toBeFalse();
  // Of a later version, what is known of it is taken.
  expect(parseTraceparent(`cc-${ID}-${SPAN}-01-what-the-future-will-be-like`)?.traceId).toBe(ID);
});

test.each([
  null,
  "",
  `ff-${ID}-${SPAN}-01`,
  `00-${"0".repeat(32)}-${SPAN}-01`,
  `00-${ID}-${"0".repeat(16)}-01`,
  `00-${ID}-${SPAN}-01-more`,
  `00-${ID.toUpperCase()}-${SPAN}-01`,
  `00-${ID}-${SPAN}`,
  `${ID}-${SPAN}-01`,
])("%p is none", (header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});

test("what is done in a trace knows it, and what is done beside it does not", async () => {
  const trace = { traceId: ID, spanId: SPAN, sampled: true };
  const inside = inTrace(trace, async () => {
    await Promise.resolve();
    return currentTrace();
  });
  expect(currentTrace()).toBeUndefined();
  expect(await inside).toEqual(trace);
});

import type { Parameter } from "./spec.ts";

/** `?search=` of a list. @param fields  where it looks, in words */
export const searchIn = (fields: string): Parameter => ({
  name: "search",
  in: "query",
  description:
    `Words, each of which is part of ${fields}; case and accents are not told apart. A page looks at 5000 at ` +
    "most: it can be short, or empty, and still have a `next_cursor`.",
  schema: { type: "string", minLength: 1, maxLength: 200 },
});

/** The console says the server's own sentences in the reader's language: those that the program really writes. */
import { beforeAll, describe, expect, test } from "bun:test";
import Ajv from "ajv/dist/2020";
import i18next from "i18next";

import {
  choice,
  duration,
  email,
  flag,
  listOf,
  parseMembers,
  type Parser,
  text,
  wholeNumber,
} from "../http/members.ts";
import { parseNetworks } from "../http/networks.ts";
import { Problem } from "../problem.ts";
import { schemaViolations } from "../records/violations.ts";
import { parseMetadata } from "../receivers/metadata.ts";
import { parseOwnSecret } from "../receivers/rotation.ts";
import { parseTls } from "../receivers/tls.ts";
import { apiError } from "./app/api/errors.ts";
import { violationText } from "./app/api/violations.ts";
import { texts } from "./app/texts/index.ts";

const LANGUAGES = ["en", "sv", "nl", "fr"] as const;

beforeAll(async () => {
  await i18next.init({ lng: "en", ns: [], resources: {}, interpolation: { escapeValue: false } });
  for (const language of LANGUAGES)
    i18next.addResourceBundle(language, "common", (await texts.common[language]()).default);
});

/** What a parser says of a value that does not fit. */
function said(parser: Parser<unknown>, value: unknown): string[] {
  try {
    parser(value, "x");
  } catch (error) {
    if (error instanceof Problem) return error.violations.map(({ message }) => message);
    throw error;
  }
  throw new Error(`${JSON.stringify(value)} fits`);
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
const ofSchema = (schema: object, value: unknown): string[] =>
  schemaViolations(ajv.compile(schema), value).map(({ message }) => message);

const members: Parser<unknown> = (value, field) =>
  parseMembers(value, { name: text({ max: 3 }) }, { field, required: ["name"] });

const sentences = [
  ...said(members, {}),
  ...said(members, { name: "a", other: 1 }),
  ...said(members, []),
  ...said(text({ max: 3 }), 7),
  ...said(text({ max: 3 }), "long"),
  ...said(text({ min: 1, max: 3 }), ""),
  ...said(text({ max: 3 }), "\u0007a"),
  ...said(choice("a", "b"), "c"),
  ...said(email, "nobody"),
  ...said(flag, 1),
  ...said(wholeNumber(1, 5), 6),
  ...said(duration("1s", "1d"), "soon"),
  ...said(duration("1s", "1d"), "2d"),
  ...said(listOf(flag, { max: 2 }), [true, true, true]),
  ...said(parseNetworks, ["nowhere"]),
  ...said(parseOwnSecret, "secret"),
  ...said(parseOwnSecret, "whsec_YWJj"),
  ...said(parseTls, { ca: "no" }),
  ...said(parseTls, { key: "no" }),
  ...said(parseMetadata, Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`n${at}`, ""]))),
  ...ofSchema({ required: ["a"] }, {}),
  ...ofSchema({ properties: {}, additionalProperties: false }, { a: 1 }),
  ...ofSchema({ enum: ["a", "b"] }, "c"),
  ...ofSchema({ type: "integer" }, 1.5),
  ...ofSchema({ type: ["string", "null"] }, 1),
  ...ofSchema({ type: "string", minLength: 3 }, "a"),
  ...ofSchema({ type: "string", maxLength: 3 }, "long"),
  ...ofSchema({ type: "string", pattern: "^a+$" }, "b"),
  ...ofSchema({ type: "number", minimum: 3 }, 1),
  ...ofSchema({ type: "number", maximum: 3 }, 4),
  ...ofSchema({ type: "number", exclusiveMinimum: 3 }, 3),
  ...ofSchema({ type: "number", exclusiveMaximum: 3 }, 3),
  ...ofSchema({ type: "number", multipleOf: 3 }, 4),
  ...ofSchema({ type: "array", minItems: 2 }, [1]),
  ...ofSchema({ type: "array", maxItems: 1 }, [1, 2]),
  ...ofSchema({ type: "array", uniqueItems: true }, [1, 1]),
];

describe("what the server finds wrong", () => {
  test.each([...new Set(sentences)])("%s: is said in each language", async (sentence) => {
    const told: string[] = [];
    for (const language of LANGUAGES) {
      await i18next.changeLanguage(language);
      told.push(violationText(sentence));
    }
    // Whatever is put into it: no place for a name is left empty, and no two languages say the same.
    expect(told.join(" ")).not.toMatch(/\{\{|violation\./);
    expect(new Set(told).size).toBe(LANGUAGES.length);
  });

  test("keeps the numbers and names that are in it", async () => {
    await i18next.changeLanguage("sv");
    expect(violationText("must have 1 to 200 characters")).toBe("måste ha 1 till 200 tecken");
    expect(violationText("must be one of thin, full")).toBe("måste vara något av thin, full");
  });

  test("stays as it is where it is not known", () => {
    expect(violationText("must be the colour of the sky")).toBe("must be the colour of the sky");
  });

  test("is not said twice: the detail that repeats the first violation goes", async () => {
    await i18next.changeLanguage("fr");
    const problem = {
      code: "invalid",
      title: "Invalid input",
      violations: [{ field: "name", message: "is required" }],
    };
    const error = apiError(422, { ...problem, detail: "name: is required" });
    expect(error.message).toBe("");
    expect(error.violations).toEqual([{ field: "name", message: "manque" }]);
    expect(apiError(422, { ...problem, detail: "Something else." }).message).toBe("Something else.");
  });
});

/** What all operations of the public data API's document have in common. */
import { securitySchemes as logins } from "../../http/openapi/shared.ts";
import {
  type Answer,
  jsonAnswer,
  object,
  type OpenApiDocument,
  type Operation,
  type Parameter,
  ref,
  type Schema,
} from "../../http/openapi/spec.ts";
import { version } from "../../version.ts";

const description = `
Records of an organisation, for its partners' pages and programs.

**Login.** Send the organisation's code and its password as \`org\` and \`pw\`, best in the body of a POST: what stands
in a URL ends up in logs, and the answer warns of it. Or send an account's token as \`Authorization: Bearer TOKEN\` or
in the header \`apikey\`; a browser that is logged in to the console needs neither. Without a login, \`org\` alone
shows what is public.

**Parameters** may stand in the URL, in a form or in a JSON object; the body wins. Their names ignore case.

**Errors** are \`{"errors":[{"msg":"Wrong password"}]}\` with the HTTP code that fits. Every answer has an
\`x-request-id\`, by which the server's log can be searched.

**Paths** may end with a slash or not.
`;

export const info: OpenApiDocument["info"] = {
  title: "Koppla, public data API",
  version,
  summary: "Records for partners' pages and programs.",
  description: description.trim().replaceAll(/(\S)\n(\S)/g, "$1 $2"),
  license: { name: "European Union Public Licence 1.2", identifier: "EUPL-1.2" },
};

const { bearer = {}, apikey = {} } = logins;

export const securitySchemes: OpenApiDocument["components"]["securitySchemes"] = {
  bearer,
  apikey,
  password: {
    type: "apiKey",
    in: "query",
    name: "pw",
    description: "The organisation's password, with `org`. Better in the body of a POST.",
  },
};

/** A login by any way. */
export const loggedIn: NonNullable<Operation["security"]> = [
  { bearer: [] },
  { apikey: [] },
  { password: [] },
];
/** A login, or none: then less is seen. */
export const anybody: NonNullable<Operation["security"]> = [{}, ...loggedIn];

export const text: Schema = { type: "string" };

export const org: Schema = { ...text, description: "The organisation's code; not needed with a token." };
export const pw: Schema = { ...text, format: "password", description: "The organisation's password." };

export function parameter(name: string, schema: Schema): Parameter {
  const { description: about, ...rest } = schema;
  return { name, in: "query", description: typeof about === "string" ? about : name, schema: rest };
}

const errorBody = (msg: string, field?: string) => ({ errors: [{ msg, ...(field && { field }) }] });

const samples: Record<number, [description: string, msg: string, field?: string]> = {
  400: ["A parameter or the body does not fit.", "maxRows must be a whole number from 0", "maxRows"],
  401: ["The password or token is wrong, or one is needed.", "Wrong password"],
  403: [
    "The login may not do this, or not from this address.",
    "The password may not be used from this address.",
  ],
  404: ["There is no such type or organisation.", "There is no type nothings."],
  413: ["The body is larger than the server takes.", "The body is larger than 32000000 bytes."],
  415: ["The body is sent in no form that is taken.", "The body must be sent as application/json."],
  429: ["There were too many requests, or too many failed logins.", "Too many failed logins."],
  503: ["The server has too much to do, or is stopping.", "Too many searches are under way."],
};

/** The answers that are errors. */
export function errors(...codes: (keyof typeof samples)[]): Record<string, Answer> {
  return Object.fromEntries(
    codes.flatMap((code) => {
      const [about, msg, field] = samples[code] ?? [];
      if (about === undefined || msg === undefined) return [];
      return [[String(code), jsonAnswer(about, ref("Errors"), errorBody(msg, field))]];
    }),
  );
}

const error: Schema = object(
  {
    msg: { ...text, description: "For people." },
    field: { ...text, description: "The parameter, or the record's field, that it is about." },
  },
  ["field"],
);

const count = (about: string): Schema => ({ type: "integer", minimum: 0, description: about });
const warnings: Schema = {
  type: "array",
  items: text,
  description: "Advice, such as on a password in a URL.",
};

export const schemas: Record<string, Schema> = {
  Error: error,
  Errors: object({ errors: { type: "array", items: ref("Error") } }),
  Warnings: warnings,
  Search: {
    description: "How much there is, and how much of it this is.",
    ...object(
      {
        numRowsFound: count("All that fit."),
        shown: object({
          numRowsShown: count("Those in this answer."),
          firstShownRowNum: count("Counted from 1; 0 where there is none."),
          lastShownRowNum: count("Counted from 1; 0 where there is none."),
        }),
        limits: object({
          maxRows: count("The most that this answer may have."),
          maxRowsDefault: count("What `maxRows` is where it is not sent."),
          maxRowsAllowed: count("The most that `maxRows` may be."),
        }),
        asked: { type: "object", description: "With `verbose`: how the parameters were understood." },
        deletedAfter: {
          type: ["integer", "null"],
          description:
            "With `showDeleted`: goes into `deletedAfter` for those that follow; null: this is all.",
        },
      },
      ["asked", "deletedAfter"],
    ),
  },
  Added: {
    description: "What became of each record, in the order in which they were sent.",
    ...object(
      {
        add: {
          type: "array",
          items: object(
            {
              id: {
                type: ["integer", "string", "null"],
                description: "Null where it has none that could be read.",
              },
              status: { type: "string", enum: ["created", "updated", "unchanged", "skipped", "rejected"] },
              errors: { type: "array", items: ref("Error"), description: "Why it was rejected." },
              line: {
                type: "integer",
                minimum: 1,
                description: "Of a CSV file, where what was rejected begins.",
              },
            },
            ["line"],
          ),
        },
        warnings: ref("Warnings"),
      },
      ["warnings"],
    ),
  },
};

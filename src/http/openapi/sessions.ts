/** `/api/v1/session`, `/api/v1/setup`. */
import type { ShownSession } from "../../sessions/show.ts";
import { bodyProblems, problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { type Header, json, jsonAnswer, object, ref, type RequestBody, type Schema, time } from "./spec.ts";

const shown: ShownSession = {
  kind: "user",
  user: {
    id: "0196e3a0-7c1e-7d2b-9f3a-7e5d3c1b9a8f",
    username: "anna",
    name: "Anna Andersson",
    email: "anna@example.org",
    roles: ["administrator"],
    language: null,
    totp: false,
  },
  account: null,
  organisation: { code: "demo", name: "Demo" },
  organisations: [{ code: "demo", name: "Demo" }],
  superadministrator: false,
  grants: [{ resource: "trainings", actions: ["*"] }],
  expires_at: "2026-11-20T20:30:00.000Z",
  idle_seconds: 1800,
  dry_run_header: "Dry-Run",
};

const named = object({ code: { type: "string" }, name: { type: "string" } });

/** What may be chosen for the console. */
const language: Schema = { type: ["string", "null"], enum: ["sv", "nl", "fr", "en", null] };
const secret: Schema = { type: "string", maxLength: 1000, writeOnly: true };
const code: Schema = {
  type: "string",
  maxLength: 20,
  description: "A one-time code of the authenticator app.",
};

const taken = (name: string, example: RequestBody["content"][string]["example"]): RequestBody => ({
  required: true,
  content: { "application/json": { schema: ref(name), ...(example !== undefined && { example }) } },
});

const closed = (properties: Record<string, Schema>, optional: readonly string[] = []): Schema => ({
  ...object(properties, optional),
  additionalProperties: false,
});

const session = (description: string) => ({
  ...jsonAnswer(description, ref("Session"), json(shown)),
});
const cookie: Record<string, Header> = {
  "set-cookie": { description: "The session's cookie.", schema: { type: "string" } },
};
const begun = (description: string) => ({ ...session(description), headers: cookie });
/** Nobody is logged in yet: no login in the document's sense, and one that can be wrong. */
const login = problems("unauthorized", "forbidden", "too_many_requests", "unavailable");

export const sessions: Resource = {
  tag: {
    name: "Sessions",
    description:
      "People's logins in a browser. A session is a cookie; changes need the header `x-koppla-console: 1` beside " +
      "it, and must come from this server's own pages. Whoever looks after all organisations names the one that a " +
      "request is about in the header `koppla-organisation`.",
  },
  schemas: {
    Session: object({
      kind: { type: "string", enum: ["user", "portal"] },
      user: {
        anyOf: [
          object({
            id: { type: "string" },
            username: { type: "string" },
            name: { type: "string" },
            email: { type: "string" },
            roles: { type: "array", items: { type: "string" } },
            language,
            totp: { type: "boolean", description: "Whether a login asks for a one-time code." },
          }),
          { type: "null" },
        ],
        description: "Whose it is; null in the portal.",
      },
      account: {
        anyOf: [
          object({ id: { type: "string" }, name: { type: "string" }, client_id: { type: "string" } }),
          { type: "null" },
        ],
        description: "Whose portal it is; null for a person.",
      },
      organisation: { ...named, description: "That which is looked at." },
      organisations: { type: "array", items: named, description: "Those that may be looked at." },
      superadministrator: { type: "boolean", description: "Looks after all organisations." },
      grants: { type: "array", items: ref("Grant") },
      expires_at: { ...time, description: "When it ends in any case." },
      idle_seconds: { type: "integer", description: "It ends before when it was not used for so long." },
      dry_run_header: {
        type: ["string", "null"],
        description: "By which a request asks to be tried out; null where the server knows of none.",
      },
    }),
    SessionInput: closed(
      {
        organisation: { type: "string", maxLength: 100, description: "The code of the organisation." },
        username: { type: "string", maxLength: 400 },
        password: secret,
        totp: code,
      },
      ["totp"],
    ),
    SessionPatch: closed({ name: { type: "string", maxLength: 200 }, language }, ["name", "language"]),
    OwnPassword: closed({
      current: secret,
      new: { ...secret, minLength: 12, description: "At least 12 characters, at most 1000 bytes." },
    }),
    TotpEnrolment: closed({ password: secret }),
    EnrolledTotp: object({
      secret: { type: "string", pattern: "^[A-Z2-7]{32}$", description: "Base32." },
      otpauth_uri: { type: "string", description: "What authenticator apps read." },
      qr: { type: "string", description: "The same as a QR code, an SVG image." },
    }),
    TotpConfirmation: closed({ code }),
    TotpRemoval: closed({ password: secret, code }),
    SetupNeeded: object({
      needed: { type: "boolean", description: "Nobody can log in who looks after the whole server." },
    }),
    SetupInput: closed(
      {
        token: { ...secret, description: "What stands behind the `#` of the link." },
        organisation: {
          ...closed({ code: { type: "string", maxLength: 63 }, name: { type: "string", maxLength: 200 } }, [
            "name",
          ]),
          description: "That of the administrator; with a name it is made where it is not there.",
        },
        username: { type: "string", maxLength: 100 },
        name: { type: "string", maxLength: 200 },
        email: { type: "string", maxLength: 255 },
        password: { ...secret, minLength: 12, description: "At least 12 characters, at most 1000 bytes." },
      },
      ["name"],
    ),
    PortalToken: closed({ token: { ...secret, description: "What stands behind the `#` of the link." } }),
  },
  operations: {
    getSession: { responses: { "200": session("The session."), ...problems("forbidden", "invalid") } },
    createSession: {
      security: [],
      requestBody: taken("SessionInput", {
        organisation: "demo",
        username: "anna",
        password: "correct horse battery",
      }),
      responses: { "200": begun("The session."), ...login, ...bodyProblems() },
    },
    deleteSession: {
      responses: {
        "204": { description: "It has ended." },
        ...problems("forbidden", "invalid", "storage_full"),
      },
    },
    changeSession: {
      requestBody: taken("SessionPatch", { language: "sv" }),
      responses: { "200": session("The session."), ...problems("forbidden"), ...bodyProblems() },
    },
    setSessionPassword: {
      requestBody: taken("OwnPassword", { current: "correct horse battery", new: "battery staple correct" }),
      responses: {
        "204": { description: "It is set.", headers: cookie },
        ...problems("forbidden", "conflict", "too_many_requests"),
        ...bodyProblems(),
      },
    },
    enrolSessionTotp: {
      requestBody: taken("TotpEnrolment", { password: "correct horse battery" }),
      responses: {
        "200": jsonAnswer("The secret.", ref("EnrolledTotp"), {
          secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
          otpauth_uri:
            "otpauth://totp/Koppla%20Demo:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Koppla%20Demo",
          qr: '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        }),
        ...problems("forbidden", "conflict", "too_many_requests"),
        ...bodyProblems(),
      },
    },
    confirmSessionTotp: {
      requestBody: taken("TotpConfirmation", { code: "123456" }),
      responses: {
        "204": { description: "A login asks for a code from now on." },
        ...problems("forbidden", "conflict"),
        ...bodyProblems(),
      },
    },
    removeSessionTotp: {
      requestBody: taken("TotpRemoval", { password: "correct horse battery", code: "123456" }),
      responses: {
        "204": { description: "No code is asked for any more." },
        ...problems("forbidden", "conflict", "too_many_requests"),
        ...bodyProblems(),
      },
    },
    getSetup: {
      security: [],
      responses: {
        "200": jsonAnswer("Whether there is none.", ref("SetupNeeded"), { needed: true }),
        ...problems("invalid"),
      },
    },
    setUp: {
      security: [],
      requestBody: taken("SetupInput", {
        token: "pXgD9oQ5m1f2Zc3vB8nL7kJ6hG4sA0wE-rTyUiOp_As",
        organisation: { code: "demo", name: "Demo" },
        username: "anna",
        email: "anna@example.org",
        password: "correct horse battery",
      }),
      responses: { "201": begun("The session."), ...login, ...problems("conflict"), ...bodyProblems() },
    },
    createPortalSession: {
      security: [],
      requestBody: taken("PortalToken", { token: "pXgD9oQ5m1f2Zc3vB8nL7kJ6hG4sA0wE-rTyUiOp_As" }),
      responses: { "200": begun("The session."), ...login, ...bodyProblems() },
    },
  },
};

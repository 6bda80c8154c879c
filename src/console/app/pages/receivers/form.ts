/** The form of a receiver: its fields, what the API takes, and back. */
import type { UseFormReturnType } from "@mantine/form";

import type { Protocol, Receiver, ReceiverInput, ReceiverOptions } from "./data.ts";
import { milliseconds } from "./duration.ts";
import { type FilterRow, filterOf, filterOfJson, rowsOf, typesOfTopics } from "./filter.ts";

export interface Pair {
  name: string;
  value: string;
}

export interface ReceiverForm {
  name: string;
  url: string;
  description: string;
  account_id: string;
  topics: string[];
  filter: FilterRow[];
  /** The filter as JSON, while it is written so; null: it is in rows. */
  filter_json: string | null;
  format: Receiver["format"];
  payload: Receiver["payload"];
  protocol: Protocol;
  /** Those of all protocols; what the chosen one does not have is not sent. */
  auth: Record<AuthField, string>;
  signature: Receiver["signature"];
  /** A signing secret of one's own; empty: one is made. */
  own_secret: string;
  /** Whether certificates stay as they are stored, are set, or are not there. */
  tls: "none" | "keep" | "set";
  tls_ca: string;
  tls_cert: string;
  tls_key: string;
  headers: Pair[];
  metadata: Pair[];
  quiet: string;
  longest: string;
  size: number;
  /** The name of a schedule, or `own`. */
  retry: string;
  steps: string;
  then: "fail" | "repeat";
  ordered: boolean;
  rated: boolean;
  rate_requests: number;
  rate_window: string;
  while_disabled: Receiver["while_disabled"];
  contact: string;
  start: "now" | "beginning";
  enabled: boolean;
}

export type Form = UseFormReturnType<ReceiverForm>;

export const OWN_SCHEDULE = "own";

export const authFields = {
  none: [],
  websub: ["secret", "method"],
  oauth2: ["token_url", "client_id", "client_secret", "scope", "audience", "client_auth"],
  basic: ["username", "password"],
  bearer: ["token"],
} as const satisfies Record<Protocol, readonly string[]>;
export type AuthField = (typeof authFields)[Protocol][number];

export const secretFields: ReadonlySet<string> = new Set(["secret", "client_secret", "password", "token"]);
export const optionalAuth: ReadonlySet<string> = new Set(["scope", "audience"]);

const noAuth: Record<AuthField, string> = {
  ...{ secret: "", method: "sha256", token_url: "", client_id: "", client_secret: "", scope: "" },
  ...{ audience: "", client_auth: "basic", username: "", password: "", token: "" },
};

export function emptyForm({ defaults }: ReceiverOptions, accountId: string): ReceiverForm {
  return {
    ...{ name: "", url: "", description: "", account_id: accountId, topics: [] },
    ...{ filter: [], filter_json: null, metadata: [] },
    ...{ format: "changes", payload: "thin", protocol: "none", auth: noAuth, headers: [] },
    ...{ signature: "v1", own_secret: "", tls: "none", tls_ca: "", tls_cert: "", tls_key: "" },
    ...defaults.bundle,
    ...{ retry: defaults.retry, steps: "1m, 5m, 30m", then: "fail" },
    ...{ ordered: false, rated: false, rate_requests: 100, rate_window: "1m" },
    ...{ while_disabled: "keep", contact: "", start: "now", enabled: true },
  };
}

export function formOf(receiver: Receiver, options: ReceiverOptions): ReceiverForm {
  const { bundle, retry, rate, auth, headers, metadata, content_filter, signature, tls } = receiver;
  const { protocol, ...shownAuth } = auth;
  const own = typeof retry === "string" ? undefined : retry;
  return {
    ...emptyForm(options, receiver.account_id),
    ...{ name: receiver.name, url: receiver.url, description: receiver.description },
    ...{ topics: receiver.topics, format: receiver.format, payload: receiver.payload, protocol },
    auth: { ...noAuth, ...shownAuth },
    ...{ headers: pairsOf(headers), metadata: pairsOf(metadata), filter: rowsOf(content_filter) },
    ...{ signature, tls: tls === null ? "none" : "keep" },
    ...bundle,
    retry: typeof retry === "string" ? retry : OWN_SCHEDULE,
    ...(own && { steps: own.steps.join(", "), then: own.then ?? "fail" }),
    ordered: receiver.ordered,
    ...(rate && { rated: true, rate_requests: rate.requests, rate_window: rate.window }),
    while_disabled: receiver.while_disabled,
    contact: receiver.contact ?? "",
  };
}

const pairsOf = (members: Readonly<Record<string, string>>): Pair[] =>
  Object.entries(members).map(([name, value]) => ({ name, value }));

/** Whether the way to authenticate is as the receiver has it, and no secret was typed: then it is not sent. */
export function keepsAuth(form: ReceiverForm, receiver: Receiver): boolean {
  if (form.protocol !== receiver.auth.protocol) return false;
  const shown: Record<string, unknown> = receiver.auth;
  return authFields[form.protocol].every((field) =>
    secretFields.has(field) ? form.auth[field] === "" : form.auth[field] === (shown[field] ?? ""),
  );
}

export function authOf({ protocol, auth }: ReceiverForm): NonNullable<ReceiverInput["auth"]> {
  const given = authFields[protocol].flatMap((field) =>
    auth[field] === "" && optionalAuth.has(field) ? [] : [[field, auth[field]] as const],
  );
  // The server has the last word on what each protocol wants.
  return { protocol, ...Object.fromEntries(given) } as NonNullable<ReceiverInput["auth"]>;
}

/** What is sent of it whether it is made or changed. @param options  which types its topics are of */
export function settingsOf(form: ReceiverForm, options: ReceiverOptions) {
  const { name, url, description, topics, format, payload, quiet, longest, size } = form;
  const { retry, ordered, while_disabled, contact, account_id, signature } = form;
  const steps = form.steps.split(/[\s,]+/).filter((step) => step !== "");
  return {
    ...{ name: name.trim(), url: url.trim(), description, topics, format, payload, ordered, while_disabled },
    ...(account_id !== "" && { account_id }),
    ...{ signature, content_filter: contentFilterOf(form, options) },
    bundle: { quiet, longest, size },
    retry: retry === OWN_SCHEDULE ? { steps, then: form.then } : (retry as Receiver["retry"]),
    rate: form.rated ? { requests: form.rate_requests, window: form.rate_window } : null,
    contact: contact.trim() === "" ? null : contact.trim(),
  };
}

function contentFilterOf({ filter, filter_json: json, topics }: ReceiverForm, options: ReceiverOptions) {
  if (json !== null) return filterOfJson(json) ?? {};
  return filterOf(filter, typesOfTopics(topics, options));
}

/** What is sent of certificates: nothing where they stay. */
export function tlsOf(form: ReceiverForm): Pick<ReceiverInput, "tls"> {
  if (form.tls === "keep") return {};
  if (form.tls === "none") return { tls: null };
  const given = { ca: form.tls_ca, cert: form.tls_cert, key: form.tls_key };
  return { tls: Object.fromEntries(Object.entries(given).filter(([, text]) => text.trim() !== "")) };
}

/** @param pairs  those without a name are rows that nobody has filled */
export const membersOf = (pairs: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(
    pairs.filter(({ name }) => name.trim() !== "").map(({ name, value }) => [name.trim(), value]),
  );

/** What is wrong at a glance; the rest the server says. The texts are keys of `receivers.invalid`. */
export function faultsOf(form: ReceiverForm, editing: boolean): Partial<Record<string, string>> {
  const faults: Partial<Record<string, string>> = {};
  if (form.name.trim() === "") faults["name"] = "required";
  if (!/^https?:\/\/[^/\s]+/i.test(form.url.trim())) faults["url"] = "url";
  if (form.topics.length === 0) faults["topics"] = "topics";
  for (const field of ["quiet", "longest"] as const)
    if (milliseconds(form[field]) === undefined) faults[field] = "duration";
  if (form.rated && milliseconds(form.rate_window) === undefined) faults["rate_window"] = "duration";
  const steps = form.steps.split(/[\s,]+/).filter((step) => step !== "");
  if (
    form.retry === OWN_SCHEDULE &&
    (steps.length === 0 || steps.some((one) => milliseconds(one) === undefined))
  )
    faults["steps"] = "steps";
  for (const field of authFields[form.protocol])
    if (form.auth[field] === "" && !optionalAuth.has(field) && !(editing && secretFields.has(field)))
      faults[`auth.${field}`] = "required";
  if (form.filter_json !== null && filterOfJson(form.filter_json) === undefined)
    faults["content_filter"] = "json";
  if (form.own_secret !== "" && !/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(form.own_secret.trim()))
    faults["own_secret"] = "whsec";
  for (const member of ["headers", "metadata"] as const) if (!named(form[member])) faults[member] = "names";
  return { ...faults, ...(form.tls === "set" && tlsFaults(form)) };
}

/** Whether each has a name, and no two the same. */
function named(pairs: readonly Pair[]): boolean {
  const names = pairs
    .filter(({ name, value }) => name.trim() !== "" || value !== "")
    .map(({ name }) => name.trim());
  return !names.includes("") && new Set(names).size === names.length;
}

function tlsFaults({ url, tls_ca: ca, tls_cert: cert, tls_key: key }: ReceiverForm): Record<string, string> {
  const [there, shown, own] = [ca, cert, key].map((text) => text.trim() !== "");
  return {
    ...(!there && !shown && !own && { tls: "tlsEmpty" }),
    ...(/^http:/i.test(url.trim()) && { tls: "tlsHttps" }),
    ...(shown && !own && { tls_key: "required" }),
    ...(own && !shown && { tls_cert: "required" }),
  };
}

/** Which fields each step of the wizard has: with a fault in one of them one stays there. */
export const stepFields = [
  ["name", "url", "description", "account_id", "metadata"],
  ["topics", "content_filter", "start"],
  ["format", "payload", "protocol", "auth", "signature", "own_secret", "tls", "headers"],
  ["quiet", "longest", "size", "bundle", "retry", "steps", "rate", "contact", "ordered"],
] as const;

export const isOf = (field: string, step: readonly string[]): boolean =>
  step.some((name) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}_`));

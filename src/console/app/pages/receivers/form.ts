/** The form of a receiver: its fields, what the API takes, and back. */
import type { UseFormReturnType } from "@mantine/form";

import type { Protocol, Receiver, ReceiverInput, ReceiverOptions } from "./data.ts";
import { milliseconds } from "./duration.ts";

export interface ReceiverForm {
  name: string;
  url: string;
  description: string;
  account_id: string;
  topics: string[];
  format: Receiver["format"];
  payload: Receiver["payload"];
  protocol: Protocol;
  /** Those of all protocols; what the chosen one does not have is not sent. */
  auth: Record<AuthField, string>;
  headers: { name: string; value: string }[];
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
    ...{ format: "changes", payload: "thin", protocol: "none", auth: noAuth, headers: [] },
    ...defaults.bundle,
    ...{ retry: defaults.retry, steps: "1m, 5m, 30m", then: "fail" },
    ...{ ordered: false, rated: false, rate_requests: 100, rate_window: "1m" },
    ...{ while_disabled: "keep", contact: "", start: "now" },
  };
}

export function formOf(receiver: Receiver, options: ReceiverOptions): ReceiverForm {
  const { bundle, retry, rate, auth, headers } = receiver;
  const { protocol, ...shownAuth } = auth;
  const own = typeof retry === "string" ? undefined : retry;
  return {
    ...emptyForm(options, receiver.account_id),
    ...{ name: receiver.name, url: receiver.url, description: receiver.description },
    ...{ topics: receiver.topics, format: receiver.format, payload: receiver.payload, protocol },
    auth: { ...noAuth, ...shownAuth },
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    ...bundle,
    retry: typeof retry === "string" ? retry : OWN_SCHEDULE,
    ...(own && { steps: own.steps.join(", "), then: own.then ?? "fail" }),
    ordered: receiver.ordered,
    ...(rate && { rated: true, rate_requests: rate.requests, rate_window: rate.window }),
    while_disabled: receiver.while_disabled,
    contact: receiver.contact ?? "",
  };
}

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

/** What is sent of it, without `auth` and `start`. */
export function settingsOf(form: ReceiverForm) {
  const { name, url, description, topics, format, payload, quiet, longest, size } = form;
  const { retry, ordered, while_disabled, contact, account_id } = form;
  const steps = form.steps.split(/[\s,]+/).filter((step) => step !== "");
  return {
    ...{ name: name.trim(), url: url.trim(), description, topics, format, payload, ordered, while_disabled },
    ...(account_id !== "" && { account_id }),
    bundle: { quiet, longest, size },
    retry: retry === OWN_SCHEDULE ? { steps, then: form.then } : (retry as Receiver["retry"]),
    rate: form.rated ? { requests: form.rate_requests, window: form.rate_window } : null,
    contact: contact.trim() === "" ? null : contact.trim(),
  };
}

export const headersOf = ({ headers }: ReceiverForm): Record<string, string> =>
  Object.fromEntries(
    headers.filter(({ name }) => name.trim() !== "").map(({ name, value }) => [name, value]),
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
  return faults;
}

/** Which fields each step of the wizard has: with a fault in one of them one stays there. */
export const stepFields = [
  ["name", "url", "description", "account_id"],
  ["topics", "content_filter", "start"],
  ["format", "payload", "protocol", "auth", "headers"],
  ["quiet", "longest", "size", "bundle", "retry", "steps", "rate", "contact", "ordered"],
] as const;

export const isOf = (field: string, step: readonly string[]): boolean =>
  step.some((name) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}_`));

/** Logging in: what is sent, and what it comes to. */
import { sendJson } from "../../api/client.ts";
import { ApiError } from "../../api/errors.ts";
import { chooseLanguage, isLanguage, wasChosen } from "../../i18n.ts";
import type { Session } from "../../session.tsx";

export interface Credentials {
  organisation: string;
  username: string;
  password: string;
  /** A one-time code. */
  totp?: string;
}

/** @throws ApiError  see {@link needsCode} and {@link isRefused} */
export function logIn(credentials: Credentials): Promise<Session> {
  return sendJson<Session>("/api/v1/session", { method: "POST", json: credentials });
}

/** All is right, and a one-time code is missing. */
export function needsCode(error: unknown): boolean {
  return error instanceof ApiError && error.code === "totp_required";
}

/** Something of it is wrong; nobody is told what. */
export function isRefused(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && error.code !== "totp_required";
}

/** A person's own language, where none was chosen in this browser. */
export async function speakTo({ user }: Session): Promise<void> {
  const language = user?.language;
  if (!wasChosen() && isLanguage(language)) await chooseLanguage(language);
}

const KEY = "koppla.login.organisation";

/** The organisation of the last login in this browser. */
export const lastOrganisation = (): string => localStorage.getItem(KEY) ?? "";

export function rememberOrganisation(code: string): void {
  localStorage.setItem(KEY, code);
}

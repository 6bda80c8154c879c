/** Makes the call that is shown, from this page. */
import { requestHeaders } from "../../api/client.ts";
import { type Call, type Choice, urlOf } from "./call.ts";

/** What somebody types to see the answer as a partner gets it. They are in no address and are kept nowhere. */
export interface Secrets {
  password: string;
  token: string;
  clientId: string;
  clientSecret: string;
  code: string;
}

export const NO_SECRETS: Secrets = { password: "", token: "", clientId: "", clientSecret: "", code: "" };

export interface Live {
  status: number;
  ms: number;
  contentType: string;
  body: string;
}

/** As whom it is asked: as the chosen way in says, or as who looks at the console, while there is no secret for it. */
export type Asker = "way" | "session";

export function askerOf({ way }: Choice, secrets: Secrets): Asker {
  if (way === "public") return "way";
  if (way === "password") return secrets.password === "" ? "session" : "way";
  if (way === "token") return secrets.token === "" ? "session" : "way";
  return secrets.clientId === "" || secrets.clientSecret === "" ? "session" : "way";
}

/** More of an answer is cut. UTF-16 units. */
const MOST = 200_000;

/** @throws TypeError where the server cannot be reached */
export async function ask(choice: Choice, call: Call, secrets: Secrets, signal: AbortSignal): Promise<Live> {
  const begun = performance.now();
  const response = await request(choice, call, secrets, signal);
  const body = await response.text();
  return {
    status: response.status,
    ms: performance.now() - begun,
    contentType: response.headers.get("content-type") ?? "",
    body: body.length > MOST ? `${body.slice(0, MOST)}…` : body,
  };
}

async function request(choice: Choice, call: Call, secrets: Secrets, signal: AbortSignal): Promise<Response> {
  if (askerOf(choice, secrets) === "session") {
    // By POST nothing but a password needs to be sent.
    const url = urlOf({ ...call, method: "GET" });
    return await fetch(url, { headers: requestHeaders(), credentials: "same-origin", signal });
  }
  // Without the cookie: a partner's program has none.
  const plain: RequestInit = { credentials: "omit", signal };
  if (choice.way === "public") return await fetch(urlOf(call), plain);
  if (choice.way === "password") {
    const form = new URLSearchParams([...call.parameters, ["pw", secrets.password]]);
    return await fetch(call.url, { ...plain, method: "POST", body: form });
  }
  let { token } = secrets;
  if (choice.way === "oauth") {
    const login = await logIn(choice, secrets, plain);
    if (!login.ok) return login;
    ({ access_token: token } = (await login.json()) as { access_token: string });
  }
  return await fetch(urlOf(call), { ...plain, headers: { authorization: `Bearer ${token}` } });
}

function logIn({ server, totp }: Choice, { clientId, clientSecret, code }: Secrets, init: RequestInit) {
  const form = new URLSearchParams({ grant_type: "client_credentials", ...(totp && { totp: code }) });
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  const headers = { authorization: `Basic ${btoa(pair)}` };
  return fetch(`${server}/oauth/token`, { ...init, method: "POST", headers, body: form });
}

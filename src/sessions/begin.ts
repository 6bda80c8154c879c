/** The answer that begins a session: with its cookie, and what `GET /api/v1/session` would say. */
import type { ClientAddresses } from "../http/client-address.ts";
import { json } from "../http/respond.ts";
import type { PortalService } from "../portal/service.ts";
import type { LoginService } from "../users/login.ts";
import type { BrowserLogins } from "./browser.ts";
import { notLoggedIn } from "./console-login.ts";
import { type SessionShowing, showSession } from "./show.ts";

export interface Beginning extends SessionShowing {
  browsers: Pick<BrowserLogins, "of" | "cookie">;
  addresses: Pick<ClientAddresses, "of">;
}

/**
 * @param value  of the new cookie
 * @throws Problem `unauthorized` where the session has ended again meanwhile
 */
export async function sessionBegun(
  request: Request,
  value: string,
  deps: Beginning,
  status = 200,
): Promise<Response> {
  const visitor = await deps.browsers.of(value, deps.addresses.of(request));
  if (!visitor) throw notLoggedIn();
  const headers = { "cache-control": "no-store", "set-cookie": deps.browsers.cookie.begin(value) };
  return json(request, JSON.stringify(await showSession(visitor, deps)), status, headers);
}

/** Whose sessions those before it may be. */
export interface Ending {
  logins: Pick<LoginService, "forget">;
  portal: Pick<PortalService, "end">;
}

/** Ends the session that a browser had before, a person's or the portal's. @param value  of its cookie */
export async function endSession(value: string, { logins, portal }: Ending): Promise<void> {
  await logins.forget(value);
  await portal.end(value);
}

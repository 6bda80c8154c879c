/** The fields of a form that a page sent. */
import { type BodyLimits, readBytes } from "../../http/json.ts";
import { Problem } from "../../problem.ts";
import { type Form, MAX_FORM, parseForm } from "../form.ts";

/** @throws Problem `unsupported_media_type`, `too_large`, `timeout`; OAuthError where it is no form in UTF-8 */
export async function readFields(request: Request, limits: BodyLimits): Promise<Form> {
  // Other sites can send other types without asking (text/plain), but no form has them.
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(request.headers.get("content-type") ?? "")) {
    throw new Problem("unsupported_media_type", "A form must be sent as application/x-www-form-urlencoded.");
  }
  return parseForm(await readBytes(request, { ...limits, body: Math.min(limits.body, MAX_FORM) }));
}

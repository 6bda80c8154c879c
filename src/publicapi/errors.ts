/** Errors as partners of the public data API know them: `{"errors":[{"msg":"Wrong password"}]}`, with the right code. */
import { json } from "../http/respond.ts";
import { Problem } from "../problem.ts";

/** Where these errors are the answer, and not problems. */
export const PUBLIC_PATH = "/api/public/";

/** One thing that is wrong. `field` is the parameter, or the record's field, that it is about. */
export interface PublicError {
  msg: string;
  field?: string;
}

/** What does not fit is told with this code here: clients of this API know no 422. */
const CODES: Readonly<Partial<Record<Problem["code"], number>>> = { invalid: 400 };

/** What a problem is called in this API: a sentence for each violation, or one for all of it. */
export function publicErrorsOf(error: Problem): PublicError[] {
  if (error.violations.length === 0) return [{ msg: error.message }];
  return error.violations.map(({ field, message }) =>
    field === "" ? { msg: message } : { msg: `${field} ${message}`, field },
  );
}

/** The HTTP status of a problem in this API. */
export function publicStatusOf(error: Problem): number {
  return CODES[error.code] ?? error.status;
}

/** A problem as an answer of this API. For `http/errors.ts`, so that nothing under its path answers otherwise. */
export function publicErrorAnswer(request: Request, error: Problem): Response {
  const body = JSON.stringify({ errors: publicErrorsOf(error) });
  return json(request, body, publicStatusOf(error), { "cache-control": "no-store", ...error.headers });
}

/** A parameter that is not as it must be. @param message  completes its name: `must be a number` */
export function wrongParameter(name: string, message: string): Problem {
  const field = name.slice(0, 100);
  return new Problem("invalid", `${field} ${message}`, { violations: [{ field, message }] });
}

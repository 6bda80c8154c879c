import { ApiError } from "../api/errors.ts";

/**
 * The server's violations as errors of a form's fields (Mantine's `form.setErrors`).
 * @param rename  fields of the API that have another name in the form
 * @returns undefined when the error is none of fields: then it is to be shown as a whole
 */
export function fieldErrors(
  error: unknown,
  fields: readonly string[],
  rename: Readonly<Record<string, string>> = {},
): Record<string, string> | undefined {
  if (!(error instanceof ApiError) || error.violations.length === 0) return undefined;
  const errors: Record<string, string> = {};
  for (const { field, message } of error.violations) {
    const name = rename[field] ?? field;
    const place = fields.find(
      (one) => name === one || name.startsWith(`${one}.`) || name.startsWith(`${one}[`),
    );
    if (place === undefined) return undefined;
    // Of several rows that have one place in the form, it is said which.
    const row = name.startsWith(`${place}.`) ? `${name.slice(place.length + 1)}: ${message}` : message;
    errors[place] = errors[place] === undefined ? row : `${errors[place]}; ${row}`;
  }
  return errors;
}

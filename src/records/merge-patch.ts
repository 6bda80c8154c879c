/** JSON merge patch, RFC 7396. */
type JsonObject = Record<string, unknown>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * @returns `target` with `patch` applied; neither is changed. Members that are null in the patch are removed.
 */
export function applyMergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else if (isObject(value)) {
      const old = result.get(name);
      result.set(name, applyMergePatch(isObject(old) ? old : {}, value));
    } else result.set(name, value);
  }
  return Object.fromEntries(result);
}

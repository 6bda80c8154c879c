/** The environment: `process.env`, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type Interpolated =
  { ok: true; text: string; variables: string[] } | { ok: false; found: string; expected: string };

const reference = /\$\$\{|\$\{([^}]*)(\}?)/g;

/**
 * Replaces `${VAR}` and `${VAR:-default}` (for a variable that is not set or empty); `$${` stands for `${` itself.
 * What a variable holds is taken as it is and not looked through again.
 */
export function interpolate(text: string, env: Environment): Interpolated {
  const variables: string[] = [];
  let problem: Interpolated | undefined;
  const replaced = text.replace(reference, (whole, inside: string | undefined, close: string) => {
    if (inside === undefined) return "${";
    const [, name, fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside) ?? [];
    if (name === undefined || close === "") {
      problem ??= {
        ok: false,
        found: JSON.stringify(whole),
        expected: "${NAME} or ${NAME:-default}; write $${ for ${ itself",
      };
      return "";
    }
    variables.push(name);
    const value = env[name];
    if (value !== undefined && (value !== "" || fallback === undefined)) return value;
    if (fallback === undefined)
      problem ??= {
        ok: false,
        found: `\${${name}}, which is not set`,
        expected: `the environment variable ${name}, or a default: \${${name}:-...}`,
      };
    return fallback ?? "";
  });
  return problem ?? { ok: true, text: replaced, variables };
}

import { type Call, type Choice, urlOf } from "../call.ts";

/** As a POSIX shell takes it literally. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Shell commands with curl. Secrets come from the environment. */
export function curl(choice: Choice, call: Call): string {
  const lines = call.parameters.map(([name, value]) => `  --data-urlencode ${quoted(`${name}=${value}`)}`);
  const join = (first: string, more: readonly string[]) => [first, ...more].join(" \\\n");
  switch (choice.way) {
    case "public":
      return `curl -sS ${quoted(urlOf(call))}`;
    case "password":
      return join(`curl -sS ${quoted(call.url)}`, [...lines, '  --data-urlencode "pw=$KOPPLA_PASSWORD"']);
    case "token":
      return join(`curl -sS -G ${quoted(call.url)}`, [
        '  -H "Authorization: Bearer $KOPPLA_TOKEN"',
        ...lines,
      ]);
    case "oauth": {
      const login = join(`TOKEN=$(curl -sS ${quoted(`${choice.server}/oauth/token`)}`, [
        '  -u "$KOPPLA_CLIENT_ID:$KOPPLA_CLIENT_SECRET"',
        "  -d grant_type=client_credentials",
        ...(choice.totp ? ['  -d "totp=$KOPPLA_TOTP"'] : []),
      ]);
      const found = ` |\n  sed -E 's/.*"access_token": *"([^"]+)".*/\\1/')`;
      const ask = join(`curl -sS -G ${quoted(call.url)}`, ['  -H "Authorization: Bearer $TOKEN"', ...lines]);
      return `${login}${found}\n\n${ask}`;
    }
  }
}

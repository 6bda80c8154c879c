import type { Call, Choice } from "../call.ts";

const quoted = (text: string): string => JSON.stringify(text);

/** A module for Node, Deno or Bun. */
export function javascript(choice: Choice, call: Call): string {
  const { way, server, object, fields, totp } = choice;
  const name = object.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const isForm = call.method === "POST";
  const token = way === "oauth" ? "login.access_token" : "process.env.KOPPLA_TOKEN";
  const login =
    way === "oauth"
      ? [
          "const pair = `${process.env.KOPPLA_CLIENT_ID}:${process.env.KOPPLA_CLIENT_SECRET}`;",
          `const loggedIn = await fetch(${quoted(`${server}/oauth/token`)}, {`,
          '  method: "POST",',
          "  headers: { authorization: `Basic ${btoa(pair)}` },",
          `  body: new URLSearchParams({ grant_type: "client_credentials"${totp ? ", totp: process.env.KOPPLA_TOTP" : ""} }),`,
          "});",
          "const login = await loggedIn.json();",
          "if (!loggedIn.ok) throw new Error(login.error_description);",
          "",
        ]
      : [];
  const options = isForm
    ? [", {", '  method: "POST",', "  body: parameters,", "}"]
    : way === "public"
      ? []
      : [", {", `  headers: { authorization: \`Bearer \${${token}}\` },`, "}"];
  const url = isForm ? quoted(call.url) : `\`${call.url}?\${parameters}\``;
  return [
    ...login,
    "const parameters = new URLSearchParams({",
    ...call.parameters.map(([key, value]) => `  ${quoted(key)}: ${quoted(value)},`),
    ...(way === "password" ? ["  pw: process.env.KOPPLA_PASSWORD,"] : []),
    "});",
    `const response = await fetch(${url}${options.join("\n")});`,
    "const answer = await response.json();",
    "if (!response.ok) throw new Error(answer.detail ?? `${response.status}`);",
    `for (const ${name} of answer[${quoted(call.items)}]) {`,
    `  console.log(${fields.map((field) => `${name}[${quoted(field)}]`).join(", ")});`,
    "}",
    "",
  ].join("\n");
}

import type { Call, Choice } from "../call.ts";

/** A string of PHP, in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** A program for PHP 8 without any library. */
export function php(choice: Choice, call: Call): string {
  const { way, server, object, fields, totp } = choice;
  const pairs = call.parameters.map(([name, value]) => `  ${quoted(name)} => ${quoted(value)},`);
  const isForm = call.method === "POST";
  const parameters = [
    `$${isForm ? "body" : "query"} = http_build_query([`,
    ...pairs,
    ...(way === "password" ? ["  'pw' => getenv('KOPPLA_PASSWORD'),"] : []),
    "]);",
  ];
  const login =
    way === "oauth"
      ? [
          "$login = json_decode(file_get_contents(",
          `  ${quoted(`${server}/oauth/token`)}, false, stream_context_create(['http' => [`,
          "    'method' => 'POST',",
          "    'header' => [",
          "      'Content-Type: application/x-www-form-urlencoded',",
          "      'Authorization: Basic ' . base64_encode(getenv('KOPPLA_CLIENT_ID') . ':' . getenv('KOPPLA_CLIENT_SECRET')),",
          "    ],",
          `    'content' => http_build_query(['grant_type' => 'client_credentials'${totp ? ", 'totp' => getenv('KOPPLA_TOTP')" : ""}]),`,
          "    'timeout' => 10,",
          "    'ignore_errors' => true,",
          "  ]])), true);",
          "if (!isset($login['access_token'])) {",
          "  exit('No login: ' . ($login['error_description'] ?? 'no answer') . \"\\n\");",
          "}",
          "",
        ]
      : [];
  const token = way === "oauth" ? "$login['access_token']" : "getenv('KOPPLA_TOKEN')";
  const context = [
    "$context = stream_context_create(['http' => [",
    ...(isForm
      ? [
          "  'method' => 'POST',",
          "  'header' => 'Content-Type: application/x-www-form-urlencoded',",
          "  'content' => $body,",
        ]
      : []),
    ...(way === "token" || way === "oauth" ? [`  'header' => 'Authorization: Bearer ' . ${token},`] : []),
    "  'timeout' => 10,",
    "  'ignore_errors' => true, // so that an error can be read",
    "]]);",
  ];
  const url = isForm ? quoted(call.url) : `${quoted(`${call.url}?`)} . $query`;
  return [
    "<?php",
    ...login,
    ...parameters,
    ...context,
    `$answer = json_decode(file_get_contents(${url}, false, $context), true);`,
    `foreach ($answer[${quoted(call.items)}] ?? [] as $${variable(object)}) {`,
    `  echo ${fields.map((field) => `json_encode($${variable(object)}[${quoted(field)}] ?? null)`).join(", ' ', ")}, "\\n";`,
    "}",
    "",
  ].join("\n");
}

const variable = (object: string): string => object.replaceAll(/[^a-z0-9_]/g, "_");

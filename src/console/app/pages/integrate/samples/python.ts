import type { Call, Choice } from "../call.ts";

/** JSON's strings are Python's, too. */
const quoted = (text: string): string => JSON.stringify(text);

/** A program for Python 3 without any library. */
export function python(choice: Choice, call: Call): string {
  const { way, server, object, fields, totp } = choice;
  const name = object.replaceAll(/[^a-z0-9_]/g, "_");
  const isForm = call.method === "POST";
  const withToken = way === "token" || way === "oauth";
  const login =
    way === "oauth"
      ? [
          'pair = os.environ["KOPPLA_CLIENT_ID"] + ":" + os.environ["KOPPLA_CLIENT_SECRET"]',
          "login = urllib.request.Request(",
          `    ${quoted(`${server}/oauth/token`)},`,
          `    data=urllib.parse.urlencode({"grant_type": "client_credentials"${totp ? ', "totp": os.environ["KOPPLA_TOTP"]' : ""}}).encode(),`,
          '    headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()},',
          ")",
          "with urllib.request.urlopen(login, timeout=10) as response:",
          '    token = json.load(response)["access_token"]',
          "",
        ]
      : [];
  const modules = [
    ...(way === "oauth" ? ["base64"] : []),
    "json",
    ...(way === "public" ? [] : ["os"]),
    "urllib.parse",
    "urllib.request",
  ];
  const token = way === "oauth" ? "token" : 'os.environ["KOPPLA_TOKEN"]';
  return [
    ...modules.map((module) => `import ${module}`),
    "",
    ...login,
    "parameters = urllib.parse.urlencode({",
    ...call.parameters.map(([key, value]) => `    ${quoted(key)}: ${quoted(value)},`),
    ...(way === "password" ? ['    "pw": os.environ["KOPPLA_PASSWORD"],'] : []),
    "})",
    "request = urllib.request.Request(",
    ...(isForm
      ? [`    ${quoted(call.url)},`, "    data=parameters.encode(),"]
      : [`    ${quoted(`${call.url}?`)} + parameters,`]),
    ...(withToken ? [`    headers={"Authorization": "Bearer " + ${token}},`] : []),
    ")",
    "with urllib.request.urlopen(request, timeout=10) as response:",
    "    answer = json.load(response)",
    `for ${name} in answer[${quoted(call.items)}]:`,
    `    print(${fields.map((field) => `${name}.get(${quoted(field)})`).join(", ")})`,
    "",
  ].join("\n");
}

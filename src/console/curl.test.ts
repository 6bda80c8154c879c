import { describe, expect, test } from "bun:test";

import { curl } from "./app/pages/deliveries/curl.ts";

describe("a request as a command", () => {
  test("comes through a shell as it was, quotes and all", async () => {
    const body = `{"name":"l'été $HOME \`id\`\\n"}`;
    const command = curl("https://partner.example/it's?a=1&b=2", { "x-name": `o'clock`, host: "no" }, body);
    // A curl that says what it was given, one argument a line.
    const script = `curl() { printf '%s\\n' "$@"; }\n${command}`;
    const said = await new Response(Bun.spawn(["sh", "-c", script]).stdout).text();
    expect(said).toBe(
      `-i\nhttps://partner.example/it's?a=1&b=2\n-H\nx-name: o'clock\n--data-binary\n${body}\n`,
    );
  });
});

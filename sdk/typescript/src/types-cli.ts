#!/usr/bin/env node
/** `koppla-types https://koppla.example.org/openapi.json >koppla-types.ts`: the types of a server's own records. */
import { generate } from "./generate.ts";

const { process } = globalThis as unknown as {
  process: { argv: string[]; stdout: { write(text: string): void }; exitCode: number };
};
const [, , url] = process.argv;
if (url === undefined) {
  console.error("usage: koppla-types https://SERVER/openapi.json >koppla-types.ts");
  process.exitCode = 2;
} else {
  const response = await fetch(url);
  if (response.ok) process.stdout.write(generate((await response.json()) as Record<string, unknown>));
  else {
    console.error(`${url}: ${response.status}`);
    process.exitCode = 1;
  }
}

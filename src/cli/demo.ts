import { type Command, InvalidArgumentError } from "commander";

import { runDemo } from "../demo/demo.ts";
import { Screen } from "../demo/screen.ts";
import { stopSignal } from "../stop-signal.ts";
import { paint } from "./output.ts";

interface Flags {
  port: number;
  data?: string;
  keep?: boolean;
  edits: boolean;
  once?: boolean;
}

/** `koppla demo` */
export function register(program: Command): void {
  program
    .command("demo")
    .description("show Koppla at work: real data, edits, and the webhooks as they arrive")
    .option("--port <number>", "port to listen on, or the next that is free; 0 is any", parsePort, 8080)
    .option(
      "--data <folder>",
      "work in this folder and leave it (default: a temporary one, removed at the end)",
    )
    .option("--keep", "leave the temporary folder")
    .option("--no-edits", "do not edit the data now and then")
    .option("--once", "end when everything has arrived, a sample edit too; fail when it does not")
    .action(demo);
}

async function demo(flags: Flags): Promise<void> {
  const screen = new Screen((text) => process.stdout.write(text), paint, process.stdout.isTTY === true);
  await runDemo(
    {
      port: flags.port,
      folder: flags.data ?? null,
      keep: flags.keep ?? false,
      edits: flags.edits,
      once: flags.once ?? false,
    },
    screen,
    stopSignal(),
  );
}

function parsePort(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : NaN;
  if (port <= 65_535) return port;
  throw new InvalidArgumentError("Expected a port from 0 to 65535.");
}

/** Runs the command and turns what it throws into a message and an exit code. */
import { report } from "./failure.ts";
import { buildProgram } from "./program.ts";

export async function main(): Promise<void> {
  // A reader that has seen enough (`koppla config reference | head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : report(error));
  });

  // build.ts has the executable start with a reluctant JIT; what still runs now is a server.
  setTimeout(() => Bun.unsafe.setJITPolicy(1), 250).unref();

  try {
    const program = await buildProgram(process.argv[2]);
    await program.parseAsync();
  } catch (error) {
    process.exit(report(error));
  }
}

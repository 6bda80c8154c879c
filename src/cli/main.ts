/** Runs the command and turns what it throws into a message and an exit code. */
export async function main(): Promise<void> {
  // build.ts has the executable start with a reluctant JIT; what still runs now is a server.
  setTimeout(() => Bun.unsafe.setJITPolicy(1), 250).unref();

  try {
    const plain = plainServe(process.argv.slice(2));
    if (plain) return await (await import("./serve.ts")).serve(plain);
    // A reader that has seen enough (`koppla config reference | head`) is no failure.
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      void (error.code === "EPIPE" ? process.exit(0) : fail(error));
    });
    const { buildProgram } = await import("./program.ts");
    await (await buildProgram(process.argv[2])).parseAsync();
  } catch (error) {
    await fail(error);
  }
}

async function fail(error: unknown): Promise<never> {
  const { report } = await import("./failure.ts");
  process.exit(report(error));
}

/**
 * `koppla serve` as services call it, without what reads a command line: a start is 10 ms shorter.
 * @param args  behind the executable
 * @returns undefined for whatever says more than which configuration
 */
export function plainServe(args: readonly string[]): { config?: string } | undefined {
  const [command, option, file, ...more] = args;
  if (command !== "serve" || more.length > 0) return undefined;
  if (option === undefined) return {};
  if (file === undefined || file === "" || file.startsWith("-")) return undefined;
  return option === "-c" || option === "--config" ? { config: file } : undefined;
}

/** Runs a program that a release needs. @returns its standard output @throws Error with what it said */
export async function run(command: string[], env: Record<string, string> = {}): Promise<string> {
  const [name = ""] = command;
  if (Bun.which(name) === null) throw new Error(`${name} is not installed, and a release needs it`);
  const child = Bun.spawn(command, {
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${out}${err}`);
  return out;
}

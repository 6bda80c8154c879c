/** Actions against the binary: a server that has some, the system that they call, and what became of a run. */
import { readFile, writeFile } from "node:fs/promises";

import { type Koppla, prepareKoppla, type StartOptions } from "./harness.ts";
import type { Partner } from "./partner.ts";

export interface Operation {
  id: string;
  kind: string;
  status: "IN_PROGRESS" | "SUCCESS" | "ERROR";
  message: string;
  resource_type: string | null;
  resource_name: string | null;
  submitted_by: string | null;
  completed_at: string | null;
  result: Record<string, unknown> | null;
}

/** Writes top-level keys into a server's configuration; they count from its next start. */
export async function configure({ configFile }: Koppla, keys: Record<string, unknown>): Promise<void> {
  const config: Record<string, unknown> = JSON.parse(await readFile(configFile, "utf8"));
  await writeFile(configFile, JSON.stringify({ ...config, ...keys }, null, 2));
}

/** A running server with an organisation `demo` that may run commands, and whatever else `keys` say. */
export async function startWithCommands(
  keys: Record<string, unknown>,
  options: StartOptions = {},
): Promise<Koppla> {
  const koppla = await prepareKoppla(options);
  try {
    await configure(koppla, { actions_allow_commands: true, ...keys });
    await koppla.start();
    await koppla.makeDemo();
  } catch (error) {
    await koppla.dispose();
    throw error;
  }
  return koppla;
}

/** Starts an action; anything but 202 fails the test. */
export const begin = (partner: Partner, action: string, input: unknown = {}): Promise<Operation> =>
  partner.send<Operation>("POST", `/api/v1/actions/${action}`, input, 202);

/** An operation once it has ended. */
export async function ended(partner: Partner, { id }: Pick<Operation, "id">): Promise<Operation> {
  for (;;) {
    const operation = await partner.read<Operation>(`/api/v1/operations/${id}?wait=10`);
    if (operation.status !== "IN_PROGRESS") return operation;
  }
}

export const runToEnd = async (partner: Partner, action: string, input: unknown = {}): Promise<Operation> =>
  ended(partner, await begin(partner, action, input));

/** Whether a process is there and not only its exit code. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return stat !== undefined && !/\) [ZX]/.test(stat);
}

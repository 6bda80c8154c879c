/**
 * Operations: ten thousand quick ones, each with its events of the audit log and its change, from the start of the
 * first to the end of the last; and what those that say how far they have come cost pushes.
 */
import { join } from "node:path";

import type { Case, Mode } from "../lib/bench.ts";
import { Koppla, ORGANISATION, TYPE } from "../lib/koppla.ts";
import { Process } from "../lib/processes.ts";
import { figure } from "../lib/rounds.ts";
import { ITEM, Subject } from "../lib/subjects.ts";

const QUICK = 10_000;
const NOTING = 16;
/** A difference of a twentieth takes many short rounds: the disk alone differs by more from one to the next. */
const ROUNDS: Record<Mode, number> = { quick: 2, normal: 16, full: 24 };
const TIME = { warmup: 200, duration: 1_500 };

export const operationsCase: Case = {
  name: "operations",
  async run({ generator, report, alternate, mode }) {
    const koppla = await Koppla.prepare();
    const program = join(import.meta.dir, "../bare/noting.ts");
    const server = new Process([process.execPath, program, koppla.config, ORGANISATION]);
    await server.next();
    const count = mode === "quick" ? QUICK / 5 : QUICK;
    const { seconds } = await server.ask<{ seconds: number }>({ quick: count });
    report.add("operations-drain", "/s", { value: figure(count / seconds) });

    const subject = new Subject(generator, server, koppla.port, {
      authorization: `Bearer ${koppla.account.token}`,
    });
    const push = { method: "POST", path: `/api/v1/${TYPE}`, body: ITEM };
    const side = (noting: number) => async () => {
      await server.ask({ noting });
      return await subject.load(push, { connections: 64, status: 201 }, TIME);
    };
    const measured = await alternate({ noting: side(NOTING), alone: side(0) }, ROUNDS[mode]);
    report.add("operations-notes", "/s", {
      value: measured.rate("noting"),
      bare: measured.rate("alone"),
      ratio: measured.rateRatio("noting", "alone"),
      cpu: measured.cpu("noting"),
    });
    report.add("operations-notes-cpu", "µs", {
      value: measured.cpu("noting"),
      bare: measured.cpu("alone"),
      ratio: measured.cpuRatio("noting", "alone"),
    });
    await server.stop();
    await koppla.remove();
  },
};

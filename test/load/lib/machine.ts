/** What the figures were measured on: without it a figure means nothing. */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { join } from "node:path";

import { removeFolder, temporaryFolder } from "./processes.ts";
import { median } from "./stats.ts";

export interface Machine {
  cpu: string;
  cores: number;
  memory_gb: number;
  kernel: string;
  bun: string;
  /** One write of 4 kB and its fdatasync in the temporary folder, median in µs. */
  fsync_us: number;
  /** The load average when the run began. */
  load: number;
  at: string;
}

function measureFsync(): number {
  const folder = temporaryFolder("fsync");
  const file = openSync(join(folder, "probe"), "w");
  const page = new Uint8Array(4096);
  const times = Array.from({ length: 100 }, () => {
    const start = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    return (performance.now() - start) * 1000;
  });
  closeSync(file);
  removeFolder(folder);
  return median(times);
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memory_gb: Math.round(totalmem() / 1e9),
    kernel: release(),
    bun: Bun.version,
    fsync_us: measureFsync(),
    load: Number(readFileSync("/proc/loadavg", "latin1").split(" ")[0]),
    at: new Date().toISOString(),
  };
}

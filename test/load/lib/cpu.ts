/**
 * Readings of /proc. Rates depend on what else the machine does; the CPU time of one process hardly does, so it is
 * the figure that comparisons rest on.
 */
import { readFileSync, readdirSync } from "node:fs";

/** `sysconf(_SC_CLK_TCK)`: the unit of the times in /proc/PID/stat. It is 100 on every Linux that Bun runs on. */
const TICKS_PER_SECOND = 100;
const MICROS_PER_TICK = 1e6 / TICKS_PER_SECOND;

interface Reading {
  /** User and system time of the process with all its threads, dead ones too, in µs; exact to 10 ms. */
  coarse: number;
  /** Time on a CPU of each living thread, in µs; exact to 1 ns. */
  threads: Map<string, number>;
}

function read(pid: number): Reading {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the program's name in parentheses and may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const threads = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const schedstat = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1");
      threads.set(thread, Number(schedstat.split(" ")[0]) / 1000);
    } catch {
      // The thread ended between the listing and the reading; `between` then falls back on the coarse figure.
    }
  }
  return { coarse: (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK, threads };
}

function between(before: Reading, after: Reading): number {
  let micros = 0;
  for (const thread of before.threads.keys())
    if (!after.threads.has(thread)) return after.coarse - before.coarse;
  for (const [thread, time] of after.threads) micros += time - (before.threads.get(thread) ?? 0);
  return micros;
}

/** CPU time of a process since it began, in µs. */
export function cpuTime(pid: number): number {
  const { coarse, threads } = read(pid);
  // Threads that ended are only in the coarse figure.
  const living = [...threads.values()].reduce((sum, micros) => sum + micros, 0);
  return Math.max(living, coarse - MICROS_PER_TICK);
}

/** User, system and steal time of the whole machine in µs. Interrupt time is left out: nobody's process has it. */
function machine(): number {
  const [, user, nice, system, , , , , steal] = readFileSync("/proc/stat", "latin1")
    .split(/\s+/, 9)
    .map(Number);
  return ((user ?? 0) + (nice ?? 0) + (system ?? 0) + (steal ?? 0)) * MICROS_PER_TICK;
}

export interface Metered {
  /** Wall time in µs. */
  wall: number;
  /** CPU time of each watched process in µs, in the order they were named. */
  cpu: number[];
  /** Share of the machine's CPUs (0 to 1) that was used by, or stolen for, anything but the watched processes. */
  others: number;
}

/** Starts watching processes; the returned function tells what they and the rest of the machine used since. */
export function meter(pids: readonly number[]): () => Metered {
  const before = pids.map(read);
  const machineBefore = machine();
  const start = performance.now();
  return () => {
    const wall = (performance.now() - start) * 1000;
    const all = machine() - machineBefore;
    const cpu = pids.map((pid, i) => between(before[i] ?? read(pid), read(pid)));
    const own = cpu.reduce((sum, micros) => sum + micros, 0);
    return { wall, cpu, others: Math.max(0, (all - own) / (wall * navigator.hardwareConcurrency)) };
  };
}

/** Resident memory of a process in MB (10^6 bytes), and the part of it that no file backs. */
export function memory(pid: number): { rss: number; anonymous: number } {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const megabytes = (key: string) =>
    (Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024) / 1e6;
  return { rss: megabytes("VmRSS"), anonymous: megabytes("RssAnon") };
}

/**
 * Telling systemd how the server fares: sd_notify(3), `Type=notify` and `WatchdogSec=` of systemd.service(5).
 *
 * The sign of life comes from the event loop, so a server that hangs is killed and started anew, and one whose loop
 * goes round is left alone, however much it has to do.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { type DatagramSocket, openDatagram } from "./datagram.ts";

export interface Supervisor {
  /** It serves; from now on it gives signs of life. @param status  for `systemctl status`, a line */
  ready(status: string): void;
  /** Says that it reloads while `work` is under way; several at once are one. */
  reloading<R>(work: () => Promise<R>): Promise<R>;
  /** It ends, in order. The signs of life go on: ending may take longer than the watchdog waits. */
  stopping(): void;
  /** It has ended: what still waits would keep the process from its end. */
  stopped(): void;
}

/** Where nobody supervises. */
const nobody: Supervisor = {
  ready: () => {},
  reloading: (work) => work(),
  stopping: () => {},
  stopped: () => {},
};

export interface SupervisorOptions {
  /** What systemd has set: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. Programs that are started are not to inherit it. */
  env: Record<string, string | undefined>;
  clock: Clock;
  log: Pick<Logger, "warn">;
  /** For tests. */
  open?: (path: string) => DatagramSocket;
}

/** The supervisor that started this process; one that does nothing where there is none, or it cannot be reached. */
export function openSupervisor(options: SupervisorOptions): Supervisor {
  const { env, clock, log, open = openDatagram } = options;
  const path = env["NOTIFY_SOCKET"];
  const watched = watchdogOf(env);
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete env[name];
  if (!path) return nobody;
  try {
    return new Systemd(open(path), clock, watched);
  } catch (error) {
    log.warn("systemd cannot be told how the server fares", { socket: path, error });
    return nobody;
  }
}

class Systemd implements Supervisor {
  readonly #socket: DatagramSocket;
  readonly #clock: Clock;
  readonly #watched: number | undefined;
  #status = "";
  #reloads = 0;
  #isStopping = false;
  #cancel = (): void => {};

  /** @param watched  how long it waits for a sign of life, milliseconds */
  constructor(socket: DatagramSocket, clock: Clock, watched: number | undefined) {
    this.#socket = socket;
    this.#clock = clock;
    this.#watched = watched;
  }

  ready(status: string): void {
    this.#status = status;
    this.#say("READY=1", `STATUS=${status}`);
    if (this.#watched !== undefined) this.#live(this.#watched / 2);
  }

  async reloading<R>(work: () => Promise<R>): Promise<R> {
    // systemd tells by the time which of several this is.
    if (this.#reloads++ === 0) {
      this.#say("RELOADING=1", `MONOTONIC_USEC=${this.#socket.monotonic()}`, "STATUS=reloading");
    }
    let status = this.#status;
    try {
      return await work();
    } catch (error) {
      // What went wrong in full is in the log; a line of it is for `systemctl status`.
      const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
      status = `${this.#status}; not reloaded: ${reason}`;
      throw error;
    } finally {
      if (--this.#reloads === 0 && !this.#isStopping) this.#say("READY=1", `STATUS=${status}`);
    }
  }

  stopping(): void {
    this.#isStopping = true;
    this.#say("STOPPING=1", "STATUS=stopping: requests and deliveries under way are ended");
  }

  stopped(): void {
    this.#cancel();
  }

  #live(every: number): void {
    this.#say("WATCHDOG=1");
    this.#cancel = this.#clock.after(every, () => this.#live(every));
  }

  #say(...lines: string[]): void {
    this.#socket.send(lines.join("\n"));
  }
}

/** sd_watchdog_enabled(3). @returns milliseconds; undefined where nobody waits, or for another process */
function watchdogOf(env: Record<string, string | undefined>): number | undefined {
  const pid = env["WATCHDOG_PID"];
  const microseconds = Number(env["WATCHDOG_USEC"]);
  if (pid !== undefined && pid !== String(process.pid)) return undefined;
  return microseconds > 0 ? microseconds / 1_000 : undefined;
}

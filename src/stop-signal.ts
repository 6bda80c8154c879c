/** Being asked to stop, and waiting until it happens. */
import type { Clock } from "./clock.ts";

/**
 * A signal that is aborted when the process is asked to stop: Ctrl-C, SIGTERM, or its terminal is closed.
 * Who asks twice does not want to wait: the second time ends the process at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Waits for `ms` milliseconds or until `signal` is aborted, whichever is first; true when it was the time. */
export function pause(ms: number, signal: AbortSignal, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (inTime: boolean) => {
      signal.removeEventListener("abort", onAbort);
      cancel();
      resolve(inTime);
    };
    const onAbort = () => end(false);
    const cancel = clock.after(ms, () => end(true));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) end(false);
  });
}

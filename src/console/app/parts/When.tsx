import { Text } from "@mantine/core";
import { useSyncExternalStore } from "react";

import { useFormats } from "../format.ts";

/** How often what is relative to now is said anew, milliseconds. */
const TICK_MS = 15_000;

/** One clock for all: a log has hundreds of times in sight, and a timer each costs more than the rest of its row. */
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const watchers = new Set<() => void>();

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of watchers) one();
  }, TICK_MS);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** A time, relative to now, or exactly; the other one when pointed at. A dash where there is none. */
export function When({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  const format = useFormats();
  const ticked = useSyncExternalStore(watch, () => now);
  if (!at)
    return (
      <Text span size="sm" c="dimmed">
        –
      </Text>
    );
  // What happened since the last tick is not in the future.
  const relative = format.relative(at, Math.max(ticked, Math.min(Date.parse(at), Date.now())));
  const whole = format.dateTime(at);
  return (
    <time dateTime={at} title={exact ? relative : whole}>
      {exact ? whole : relative}
    </time>
  );
}

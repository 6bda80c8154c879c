/** The token behind `#` of a link: no server's log sees it, and here it is taken out of the address bar at once. */
import { useSyncExternalStore } from "react";

let token = take();
const listeners = new Set<() => void>();

// A second link that is opened in the same tab loads nothing anew.
addEventListener("hashchange", () => {
  token = take() || token;
  for (const listener of listeners) listener();
});

function take(): string {
  const found = location.hash.slice(1);
  if (found !== "") history.replaceState(history.state, "", location.pathname + location.search);
  return found;
}

/** Empty where there was none. */
export function useLinkToken(): string {
  return useSyncExternalStore(subscribe, () => token);
}

/** It has done what it was for. */
export function forgetLinkToken(): void {
  token = "";
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

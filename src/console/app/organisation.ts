/** Which organisation is looked at: for superadministrators one of several, remembered by the tab. */
import { useSyncExternalStore } from "react";

import type { Session } from "./session.tsx";

const KEY = "koppla.organisation";
const listeners = new Set<() => void>();

export function chooseOrganisation(code: string): void {
  sessionStorage.setItem(KEY, code);
  for (const listener of listeners) listener();
}

export function useOrganisation({ organisation, organisations }: Session): { code: string; name: string } {
  const chosen = useSyncExternalStore(subscribe, () => sessionStorage.getItem(KEY));
  return organisations.find(({ code }) => code === chosen) ?? organisation;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

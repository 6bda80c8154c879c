/** Code that is fetched apart. */
import { type ComponentType, useEffect, useState } from "react";

import { Loading } from "./states.tsx";

export interface Fetched {
  /** Has the code fetched. @throws what goes wrong with that; it is told once more where the component is shown */
  load: () => Promise<void>;
  Component: ComponentType;
}

/**
 * A component whose code is loaded when it is shown, or beforehand by `load`. It is shown as soon as it is there, where
 * React's own `lazy` shows its fallback first, and leaves that for 300 ms at least.
 */
export function fetched(code: () => Promise<{ default: ComponentType }>): Fetched {
  let there: ComponentType | undefined;
  const load = async () => {
    there = (await code()).default;
  };
  function Component() {
    const [Page, setPage] = useState(() => there);
    const [fault, setFault] = useState<unknown>();
    useEffect(() => {
      if (!Page) load().then(() => setPage(() => there), setFault);
    }, [Page]);
    if (fault !== undefined) throw fault;
    return Page ? <Page /> : <Loading />;
  }
  return { load, Component };
}

import { Component, type ReactNode } from "react";

import { Failure } from "./states.tsx";

/** What a page throws while it is drawn ends the page, not the console. */
export class Crash extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <Failure error={error} retry={() => location.reload()} />;
  }
}

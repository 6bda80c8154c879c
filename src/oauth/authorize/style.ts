/** The stylesheet of the pages, which is all that they load. */
import css from "./style.css" with { type: "text" };

export const stylesheet: string = css;

/** Part of its address: it may be kept for ever, and is another when it changes. */
export const styleVersion: string = Bun.hash(css).toString(36);

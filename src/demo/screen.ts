/** Where the demo prints: lines, and on a terminal one line below them that shows progress. */
import type { Paint } from "../listen/print.ts";

const CLEAR_LINE = "\r\x1b[2K";

export class Screen {
  #progress = "";

  /** @param terminal  progress is shown only there: in a file it would be noise */
  constructor(
    private readonly write: (text: string) => void,
    readonly paint: Paint,
    private readonly terminal: boolean,
  ) {}

  line(text = ""): void {
    this.write(this.#progress === "" ? `${text}\n` : `${CLEAR_LINE}${text}\n${this.#progress}`);
  }

  /** Shows `text` below the lines in place of what stood there; "" takes it away. */
  progress(text: string): void {
    if (!this.terminal) return;
    if (this.#progress !== "" || text !== "") this.write(CLEAR_LINE + text);
    this.#progress = text;
  }
}

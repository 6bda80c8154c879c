/** What a process prints, line by line, with a promise for the line a test waits for. */
export interface LogLine {
  text: string;
  /** The line's JSON where it is an object. */
  json: Record<string, unknown> | undefined;
}

export class LineLog {
  readonly lines: LogLine[] = [];
  #waiting = new Set<(line: LogLine) => void>();

  /** Collects a stream to its end. */
  async read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      for (const text of parts) this.#add(text);
    }
    if (rest !== "") this.#add(rest);
  }

  text(): string {
    return this.lines.map((line) => line.text).join("\n");
  }

  /** The first line, past or coming, that `predicate` accepts. Fails after `limitMs`. */
  waitFor(predicate: (line: LogLine) => boolean, limitMs = 10_000): Promise<LogLine> {
    const found = this.lines.find(predicate);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`no such line within ${limitMs} ms; printed so far:\n${this.text()}`));
      }, limitMs);
      const check = (line: LogLine) => {
        if (!predicate(line)) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(line);
      };
      this.#waiting.add(check);
    });
  }

  #add(text: string): void {
    const line = { text, json: parse(text) };
    this.lines.push(line);
    for (const check of [...this.#waiting]) check(line);
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const value: Record<string, unknown> = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** What takes longer than a request: followed by its id to its end. */
import { routes, type Schemas } from "./api.ts";
import type { Koppla } from "./client.ts";
import { OperationFailed, StillRunning } from "./errors.ts";
import { sleep } from "./transport.ts";

export type OperationState = Schemas["Operation"];

/** Seconds that the server may hold a request for the end; less where somebody wants to hear of progress. */
const HOLD = 30;
const HOLD_FOR_PROGRESS = 2;

export interface WaitOptions {
  /** Milliseconds; not given: for as long as it takes. */
  timeout?: number;
  /** Called with every new state, the last one too. */
  progress?: (state: OperationState) => void;
  signal?: AbortSignal;
}

/** An operation. Its state is what the server said last: `wait` and `refresh` ask anew. */
export class Operation {
  readonly #koppla: Pick<Koppla<never>, "request" | "call" | "timeout">;
  state: OperationState;

  constructor(koppla: Pick<Koppla<never>, "request" | "call" | "timeout">, state: OperationState) {
    this.#koppla = koppla;
    this.state = state;
  }

  get id(): string {
    return this.state.id;
  }

  get status(): OperationState["status"] {
    return this.state.status;
  }

  get message(): string {
    return this.state.message;
  }

  get progress(): OperationState["progress"] {
    return this.state.progress;
  }

  /** What came of it, in the words of its kind. */
  get result(): OperationState["result"] {
    return this.state.result;
  }

  /** Asks the server how it stands. */
  async refresh(): Promise<OperationState> {
    await this.#look(0);
    return this.state;
  }

  /**
   * Waits until it has ended.
   * @returns itself, for `result`
   * @throws OperationFailed when it ended as ERROR; StillRunning when the time is over, and it goes on
   */
  async wait({ timeout, progress, signal }: WaitOptions = {}): Promise<this> {
    const end = timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeout;
    const hold = progress ? HOLD_FOR_PROGRESS : HOLD;
    progress?.(this.state);
    while (this.status === "IN_PROGRESS") {
      const asked = performance.now();
      const left = end - asked;
      if (left <= 0) throw new StillRunning(`operation ${this.id} is still in progress`);
      const retryAfter = await this.#look(Math.min(hold, Math.ceil(left / 1000)), signal);
      progress?.(this.state);
      // A server that is stopping does not wait.
      if (this.status === "IN_PROGRESS" && performance.now() - asked < 500) {
        await sleep(Math.max(0, Math.min(retryAfter, end - performance.now())), signal);
      }
    }
    if (this.status === "ERROR") throw new OperationFailed(this.state);
    return this;
  }

  /** Has it ended: as ERROR, in a moment. @throws Conflict where it has ended already */
  async cancel(): Promise<OperationState> {
    this.state = await this.#koppla.call("cancelOperation", { path: { id: this.id } });
    return this.state;
  }

  /** @param wait  seconds that the server may hold the request @returns milliseconds after which to look again */
  async #look(wait: number, signal?: AbortSignal): Promise<number> {
    const [method, path] = routes.getOperation;
    const { text, retryAfter } = await this.#koppla.request(method, path.replace("{id}", this.id), {
      query: { wait: wait || undefined },
      timeout: this.#koppla.timeout + wait * 1000,
      signal,
    });
    this.state = JSON.parse(text) as OperationState;
    return retryAfter ?? 1000;
  }
}

/** `audit.verify`: an operation that walks the chain of an organisation's audit log, for whoever cannot use the shell. */
import { isObject } from "../http/json.ts";
import { parseMembers, type Parser, wholeNumber } from "../http/members.ts";
import type { OperationContext, OperationOutcome, ShownOperation } from "../operations/operation.ts";
import type { OperationService } from "../operations/service.ts";
import { invalid } from "../problem.ts";
import type { Store } from "../store/store.ts";
import type { Author } from "./entry.ts";
import { AuditVerifier, type ChainReport, type Known } from "./verify.ts";

export const VERIFY = "audit.verify";

const MAX_SEQUENCE = 2 ** 53 - 1;
const HASH = /^[\w-]{43}$/;

const hash: Parser<string> = (value, field) => {
  if (typeof value !== "string" || !HASH.test(value)) throw invalid(field, "must be an event's hash");
  return value;
};

const known: Parser<Known> = (value, field) =>
  parseMembers(
    value,
    { sequence: wholeNumber(1, MAX_SEQUENCE), hash },
    { field, required: ["sequence", "hash"] },
  );

export class AuditVerifications {
  readonly #store: Store;
  readonly #operations: OperationService;
  readonly #verifier: AuditVerifier;

  /** Makes the kind of operation known. */
  constructor({ store, operations }: { store: Store; operations: OperationService }) {
    this.#store = store;
    this.#operations = operations;
    this.#verifier = new AuditVerifier({ store });
    // Two at once read the same, and none is in a hurry.
    operations.kind(VERIFY, {
      run: (context) => this.#run(context),
      limits: { perOrganisation: 1, total: 1 },
    });
  }

  /**
   * Begins to walk the chain of the author's organisation.
   * @param body  `known`: an event's hash that was noted earlier, and must still be that
   * @throws Problem `invalid`
   */
  async start(by: Author, body: unknown): Promise<ShownOperation> {
    const input = parseMembers(body, { known });
    return await this.#store.write((tx) => this.#operations.start(tx, by, { kind: VERIFY, input }));
  }

  async #run({ organisationId, input, signal, note }: OperationContext): Promise<OperationOutcome> {
    const noted = isObject(input["known"]) ? known(input["known"], "known") : undefined;
    const report = await this.#verifier.verify(organisationId, noted, async (done, total) => {
      signal.throwIfAborted();
      note(done, total);
      // A page of hashes takes some milliseconds; then other work has its turn.
      await new Promise((resolve) => setImmediate(resolve));
    });
    return outcomeOf(report);
  }
}

function outcomeOf({ events, anchor, last, broken }: ChainReport): OperationOutcome {
  const result = { events, anchor, last, broken };
  if (broken) {
    const message = `Event ${broken.sequence} is not what was written: ${broken.reason}.`;
    return { status: "ERROR", message, result };
  }
  if (events === 0) return { message: "There are no events.", result };
  return { message: `${events} events, whole; the last is ${last.sequence}:${last.hash}`, result };
}

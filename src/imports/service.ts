/** Imports: records from a file, as an operation `TYPE.import`. */
import type { Principal } from "../accounts/principal.ts";
import type { Author } from "../audit/entry.ts";
import type { OperationContext, OperationRow, ShownOperation } from "../operations/operation.ts";
import type { OperationService } from "../operations/service.ts";
import { invalid, Problem } from "../problem.ts";
import { encodeIdText, decodeId, type RecordId } from "../records/key.ts";
import { demandView } from "../records/rights.ts";
import type { RecordService } from "../records/service.ts";
import type { RecordType } from "../records/types.ts";
import { rehearsal } from "../rehearsal.ts";
import type { Transaction } from "../store/store.ts";
import { type ImportInput, storedPrincipal } from "./input.ts";
import { dropErrors, dropKeys, errorsAfter, type ImportError } from "./queries.ts";
import { type ImportCollaborators, ImportRun } from "./run.ts";
import { upload, weigh } from "./upload.ts";

export interface ImportServiceCollaborators extends ImportCollaborators {
  operations: OperationService;
  records: RecordService;
  /** The most bytes of a file as it is sent. */
  size: number;
}

/** What of an import is asked for, beside its file. */
export type ImportOrder = Pick<
  ImportInput,
  "format" | "mode" | "onError" | "encoding" | "delimiter" | "map"
> & {
  /** As it stands in the query. */
  parent: string | undefined;
};

/** Imports of one organisation at once: they would wait for each other's transactions. */
const PER_ORGANISATION = 2;
const CHUNK = 2_000;
/** For how long a file may wait for its turn, should nobody ever run it. */
const FILE_LIFE = 30 * 24 * 3_600_000;
const ERRORS_PAGE = 500;

export class ImportService {
  readonly #o: ImportServiceCollaborators;

  /** Makes the kind of each type known. */
  constructor(collaborators: ImportServiceCollaborators) {
    this.#o = collaborators;
    for (const type of collaborators.types.all) {
      collaborators.operations.kind(importOf(type), {
        run: (context: OperationContext) => new ImportRun(collaborators, context).run(),
        limits: { perOrganisation: PER_ORGANISATION },
        ended: (tx, row) => this.#ended(tx, row),
        removed: (id) => this.#removed(id),
      });
    }
  }

  /**
   * Takes a file and starts its import.
   * @param body  the file; looked at only when the order is right
   * @throws Problem `invalid`, `too_large`; Forbidden
   */
  async start(
    principal: Principal,
    by: Author,
    type: RecordType,
    order: ImportOrder,
    body: AsyncIterable<Uint8Array>,
  ): Promise<ShownOperation> {
    const { store, clock, blobs, operations, size: most } = this.#o;
    demandView(principal, type, "write");
    if (order.mode === "replace") demandView(principal, type, "delete");
    const parent = await this.#parentOf(principal, type, order.parent);
    const id = Bun.randomUUIDv7();
    const organisationId = principal.organisation.id;
    const options = { blobs, organisationId, id: fileOf(id), most };
    const { writer, packing, size, lines } = await (rehearsal() ? weigh(body, most) : upload(body, options));
    if (size === 0) {
      if (writer) await blobs.abandon([writer]);
      throw invalid("", "The file is empty");
    }
    const { format, mode, onError, encoding, delimiter, map } = order;
    const input: ImportInput = {
      ...{ type: type.name, format, mode, onError, parent, encoding, delimiter, map },
      ...{ file: fileOf(id), packing, size, by: storedPrincipal(principal) },
    };
    const total = lines === undefined || format === "json" ? undefined : lines - (format === "csv" ? 1 : 0);
    return await store.write(async (tx) => {
      await writer?.settle(tx, clock.now() + FILE_LIFE);
      return await operations.start(tx, by, {
        ...{ id, kind: importOf(type), input: { ...input } },
        ...{ resourceType: "type", resourceName: type.name },
        ...(total !== undefined && { total: Math.max(0, total) }),
      });
    });
  }

  /** Checks that there is such a parent, which the principal may read. @throws Problem `invalid`, Forbidden */
  async #parentOf(
    principal: Principal,
    type: RecordType,
    text: string | undefined,
  ): Promise<RecordId | null> {
    if (text === undefined) return null;
    const parentType = type.parent && this.#o.types.find(type.parent.type);
    if (!parentType)
      throw invalid("parent", `has no meaning: ${type.name} have no parent (types.${type.name}.parent)`);
    const key = encodeIdText(parentType.key, text, "parent");
    const found = await this.#o.records.get(principal, parentType, key);
    if (!found) throw invalid("parent", `there is no ${parentType.object} ${text.slice(0, 100)}`);
    return decodeId(parentType.key, key);
  }

  /** What an import refused, in the order of the file, page by page. */
  errors(operationId: string): () => Promise<readonly ImportError[]> {
    let after = 0;
    return async () => {
      const page = { operationId, after, limit: ERRORS_PAGE };
      const found = await this.#o.store.read((reader) => reader.run(errorsAfter, page));
      after = found.at(-1)?.number ?? after;
      return found;
    };
  }

  async #ended(tx: Transaction, { id }: OperationRow): Promise<void> {
    await this.#o.blobs.drop(tx, [fileOf(id)]);
  }

  async #removed(operationId: string): Promise<void> {
    for (const statement of [dropErrors, dropKeys] as const) {
      for (;;) {
        const gone = await this.#o.store.write((tx) =>
          tx.run<{ operationId: string; limit: number }, unknown[]>(statement, { operationId, limit: CHUNK }),
        );
        if (gone.length < CHUNK) break;
      }
    }
  }
}

export const importOf = ({ name }: Pick<RecordType, "name">): string => `${name}.import`;
const fileOf = (operationId: string): string => `import:${operationId}`;

/** @throws Problem `not_found` for an operation that is no import */
export function demandImport({ kind }: Pick<ShownOperation, "kind" | "id">): void {
  if (!kind.endsWith(".import")) throw new Problem("not_found", "The operation is no import.");
}

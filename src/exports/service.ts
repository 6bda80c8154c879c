/** Exports: records as a file to fetch, as an operation `TYPE.export`. */
import { type Principal, subjectName, Forbidden } from "../accounts/principal.ts";
import type { Author } from "../audit/entry.ts";
import { shows } from "../grants/view.ts";
import { storedPrincipal } from "../imports/input.ts";
import { unpacked } from "../imports/source/bytes.ts";
import type { OperationContext, OperationRow, ShownOperation } from "../operations/operation.ts";
import type { OperationService } from "../operations/service.ts";
import { Problem } from "../problem.ts";
import { demandView } from "../records/rights.ts";
import type { RecordType } from "../records/types.ts";
import type { Transaction } from "../store/store.ts";
import { type ExportInput, type ExportOrder, parseExport } from "./input.ts";
import { type ExportCollaborators, ExportRun, partOf } from "./run.ts";

export interface ExportServiceCollaborators extends ExportCollaborators {
  operations: OperationService;
}

/** Exports of one organisation at once. */
const PER_ORGANISATION = 2;

/** A file that can be fetched. */
export interface ExportedFile {
  bytes: AsyncGenerator<Uint8Array>;
  name: string;
  contentType: string;
}

export class ExportService {
  readonly #o: ExportServiceCollaborators;

  /** Makes the kind of each type known. */
  constructor(collaborators: ExportServiceCollaborators) {
    this.#o = collaborators;
    for (const type of collaborators.types.all) {
      collaborators.operations.kind(exportOf(type), {
        run: (context: OperationContext) => new ExportRun(collaborators, context).run(),
        limits: { perOrganisation: PER_ORGANISATION },
        ended: (tx, row) => this.#ended(tx, row),
      });
    }
  }

  /** @param body  see {@link parseExport} @throws Problem `invalid`; Forbidden */
  async start(principal: Principal, by: Author, type: RecordType, body: unknown): Promise<ShownOperation> {
    const view = demandView(principal, type, "read");
    const order: ExportOrder = parseExport(type, body);
    const hidden = order.filters.find(({ field }) => !shows(view.fields, field));
    if (hidden) {
      const detail = `The grants do not allow to ask ${type.name} by ${hidden.field}.`;
      throw new Forbidden(principal, type.name, "read", detail);
    }
    const input: ExportInput = { ...order, type: type.name, by: storedPrincipal(principal) };
    return await this.#o.store.write((tx) =>
      this.#o.operations.start(tx, by, {
        ...{ kind: exportOf(type), input: { ...input }, resourceType: "type", resourceName: type.name },
      }),
    );
  }

  /**
   * The file of an export that has ended well.
   * @throws Problem `not_found`, also when it is too old; `conflict` while it is made; Forbidden for somebody else's, unless
   *   he may read all of the type himself
   */
  async file(principal: Principal, row: OperationRow): Promise<ExportedFile> {
    const { types, clock, blobs, size } = this.#o;
    const input = row.input as unknown as ExportInput;
    const type = row.kind.endsWith(".export") ? types.find(input.type) : undefined;
    if (!type) throw new Problem("not_found", "The operation has no file.");
    const view = demandView(principal, type, "read");
    if (row.submittedBy !== subjectName(principal) && !view.unlimited) {
      const detail = "The file is for who asked for it, and for who may read all of it.";
      throw new Forbidden(principal, type.name, "read", detail);
    }
    if (row.status === "IN_PROGRESS") throw new Problem("conflict", "The file is not ready yet.");
    const { parts, expires_at: until } = (row.result ?? {}) as { parts?: number; expires_at?: string };
    if (
      row.status !== "SUCCESS" ||
      parts === undefined ||
      until === undefined ||
      Date.parse(until) < clock.now()
    ) {
      throw new Problem("not_found", "The file is not there (any more).");
    }
    const packed = (async function* () {
      for (let number = 0; number < parts; number++) yield* blobs.read(partOf(row.id, number));
    })();
    const plain = input.packing === "none";
    const ending = { none: "", gzip: ".gz", zstd: ".zst" }[input.packing];
    const csv = input.format === "csv";
    return {
      bytes: plain ? unpacked(packed, "zstd", 2 * size) : packed,
      name: `${type.name}.${input.format}${ending}`,
      contentType: plain
        ? `${csv ? "text/csv" : "application/x-ndjson"}; charset=utf-8`
        : input.packing === "gzip"
          ? "application/gzip"
          : "application/zstd",
    };
  }

  /** What nobody can fetch is not kept. */
  async #ended(tx: Transaction, { id, status, position }: OperationRow): Promise<void> {
    if (status === "SUCCESS") return;
    const { parts = 0 } = position as { parts?: number };
    const ids = Array.from({ length: parts + 1 }, (_, number) => partOf(id, number));
    await this.#o.blobs.drop(tx, ids);
  }
}

export const exportOf = ({ name }: Pick<RecordType, "name">): string => `${name}.export`;

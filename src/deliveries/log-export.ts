/** The delivery log as NDJSON or CSV. */
import type { ExportShape } from "../http/export.ts";
import type { ShownDelivery } from "./log.ts";

const COLUMNS = [
  ...(["id", "receiver_id", "topics", "status", "status_code", "error", "attempts"] as const),
  ...(["created_at", "next_attempt_at"] as const),
] satisfies (keyof ShownDelivery)[];

/** How deliveries are written to a file. In a cell, topics are separated by a space, which none of them has. */
export const deliveryExport: ExportShape<ShownDelivery> = {
  columns: COLUMNS,
  cells: (delivery) =>
    COLUMNS.map((column) => (column === "topics" ? delivery.topics.join(" ") : delivery[column])),
  line: JSON.stringify,
};

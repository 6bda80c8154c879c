/** What of a bundle's changes is told by another of them already. */
import type { ChangeRow } from "../changes/service.ts";
import type { TypeConfig } from "../config/types.ts";
import { encodeId } from "../records/key.ts";
import { findRecord } from "../records/queries.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { Reader } from "../store/store.ts";

/** By the name of a type: of which type, and in which field it names its parent. */
export type Parents = ReadonlyMap<string, { type: string; field: string }>;

export function parentsOf(types: Readonly<Record<string, Pick<TypeConfig, "parent">>>): Parents {
  return new Map(
    Object.entries(types).flatMap(([name, { parent }]) => (parent ? [[name, parent] as const] : [])),
  );
}

/**
 * Takes away the updates of children whose parent's import came after them: who is told that a whole institute was
 * imported reads all of it again. Removals stay, and so does what changed after the import.
 * @param parentOf  the parent of a row's object as `object/key`; undefined: it has none
 */
export function swallowed(
  rows: readonly ChangeRow[],
  parentOf: (row: ChangeRow) => string | undefined,
): readonly ChangeRow[] {
  const imports = new Map<string, number>();
  for (const { object, key, action, sequence } of rows) {
    if (action === "import") imports.set(`${object}/${key}`, sequence);
  }
  if (imports.size === 0) return rows;
  return rows.filter((row) => {
    const parent = row.action === "update" ? parentOf(row) : undefined;
    return parent === undefined || row.sequence > (imports.get(parent) ?? 0);
  });
}

/** As {@link swallowed}, with the parents as the records name them now. Reads nothing where there is no import. */
export async function withoutSwallowed(
  reader: Reader,
  types: TypeRegistry,
  parents: Parents,
  rows: readonly ChangeRow[],
): Promise<readonly ChangeRow[]> {
  if (!rows.some(({ action }) => action === "import")) return rows;
  const found = new Map<ChangeRow, string>();
  for (const row of rows) {
    const type = types.ofObject(row.object);
    const parent = type && parents.get(type.name);
    const parentType = parent && types.find(parent.type);
    if (!type || !parentType || row.action !== "update") continue;
    const [record] = await reader.run(findRecord, { ...row, type: type.name });
    const id = record && (JSON.parse(record.data) as Record<string, unknown>)[parent.field];
    const key = keyOf(parentType.key, id);
    if (key !== undefined) found.set(row, `${parentType.object}/${key}`);
  }
  return swallowed(rows, (row) => found.get(row));
}

function keyOf(kind: Parameters<typeof encodeId>[0], id: unknown): string | undefined {
  try {
    return encodeId(kind, id);
  } catch {
    return undefined;
  }
}

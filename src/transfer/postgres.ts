/** Rows out of PostgreSQL, and into it. */
import type { SQL } from "bun";

import { Digest, type Digests } from "./digest.ts";
import { type Column, type Row, shapes, type TableShape, type Value } from "./tables.ts";

/** A connection that a transaction is open on. */
export type Connection = Pick<SQL, "unsafe">;

/** Fetched at once: attachments are pieces of 192 KB, so 50 of them are 10 MB. */
const FETCH = 500;
const FETCH_BYTES = 50;
/** A statement takes 65 535 parameters at most; from some hundred rows on, more of them save nothing. */
const PARAMETERS = 8_000;

const quoted = (names: readonly { name: string }[]) => names.map(({ name }) => `"${name}"`).join(", ");

/** A table's rows in batches, by a cursor of the transaction. */
export async function* postgresRows(
  connection: Connection,
  { name, columns }: TableShape,
): AsyncGenerator<Row[]> {
  const size = columns.some(({ kind }) => kind === "bytes") ? FETCH_BYTES : FETCH;
  await connection.unsafe(`declare moved no scroll cursor for select ${quoted(columns)} from "${name}"`);
  for (;;) {
    const found: unknown[][] = await connection.unsafe(`fetch ${size} from moved`).values();
    if (found.length === 0) break;
    yield found.map((row) => columns.map((column, at) => fromStored(column, row[at])));
  }
  await connection.unsafe("close moved");
}

/** Adds rows. */
export async function putPostgresRows(
  connection: Connection,
  { name, columns }: TableShape,
  rows: readonly Row[],
): Promise<void> {
  const most = Math.max(1, Math.floor(PARAMETERS / columns.length));
  for (let from = 0; from < rows.length; from += most) {
    const some = rows.slice(from, from + most);
    const places = some.map(
      (_, row) => `(${columns.map((__, at) => `$${row * columns.length + at + 1}`).join(", ")})`,
    );
    await connection.unsafe(
      `insert into "${name}" (${quoted(columns)}) values ${places.join(", ")}`,
      some.flat(),
    );
  }
}

/** The last number that a table has given out; 0 before the first. */
export async function postgresSequence(connection: Connection, shape: TableShape): Promise<number> {
  const [row] = await connection.unsafe(`select last_value, is_called from ${sequenceOf(shape)}`);
  return row?.is_called ? Number(row.last_value) : 0;
}

export async function setPostgresSequence(
  connection: Connection,
  shape: TableShape,
  last: number,
): Promise<void> {
  // One that has given out nothing stands at 1, which has yet to be given out.
  await connection.unsafe(`select setval('${sequenceOf(shape)}', ${Math.max(1, last)}, ${last > 0})`);
}

/** As PostgreSQL names the sequence of a `bigserial`. */
const sequenceOf = ({ name, identity }: TableShape): string => `"${name}_${identity}_seq"`;

export async function postgresDigests(
  connection: Connection,
  step: (rows: number) => void = () => {},
): Promise<Digests> {
  const digests: Digests = {};
  for (const shape of shapes) {
    const digest = new Digest();
    for await (const rows of postgresRows(connection, shape)) {
      for (const row of rows) digest.add(row);
      step(rows.length);
    }
    digests[shape.name] = digest.result;
  }
  return digests;
}

/** How many rows there are to move. */
export async function countPostgres(connection: Connection): Promise<number> {
  const counts = shapes.map(({ name }) => `(select count(*) from "${name}")`);
  const [row] = await connection.unsafe(`select ${counts.join(" + ")} as rows`);
  return Number(row?.rows);
}

function fromStored({ kind }: Column, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (kind === "number") return Number(value);
  // The driver gives text as text, boolean as boolean and bytea as bytes.
  return value as Value;
}

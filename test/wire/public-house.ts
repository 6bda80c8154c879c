/** An organisation with some trainings, and those who ask for them by the public data API. */
import { type Koppla, run, startKoppla, type StartOptions } from "../binary/harness.ts";

export const PW = "opensesame1";

const properties = {
  name: { type: "string" },
  city: { type: "string" },
  starts: { type: "string" },
  ends: { type: "string" },
  seats: { type: "integer" },
  remark: { type: "string" },
};

export const publicTypes = {
  trainings: {
    ...{ object: "training", key: "integer", description: "Courses" },
    schema: { type: "object", properties },
    public: ["id", "name", "city", "starts", "ends"],
    filters: ["city", "seats", "starts"],
    search: ["name", "remark"],
    dates: { start: "starts", end: "ends", summary: "name", location: "city" },
  },
  invoices: {
    ...{ object: "invoice", key: "string" },
    schema: { type: "object", properties: { sum: { type: "number" } } },
    filters: ["sum"],
  },
};

export const trainings = [
  { id: 1, name: "Svetsning grund", city: "Köpenick", starts: "2026-12-01", ends: "2026-12-03", seats: 5 },
  { id: 2, name: "Truck", city: "Lund", starts: "2026-12-02T10:00:00+01:00", seats: 7, remark: "hemlig" },
  { id: 3, name: "Ställning", city: "Lund", seats: 7, remark: "känslig" },
];

/** A server with two organisations that both have a password, `demo` with trainings. */
export async function publicHouse(options: StartOptions = {}): Promise<Koppla> {
  const config = { types: publicTypes, ...options.config };
  const koppla = await startKoppla({ ...options, organisation: false, config });
  for (const code of ["demo", "other"]) await makeOrganisation(koppla, code, PW);
  await koppla.demo.send("POST", "/api/v1/trainings", trainings, 200);
  await koppla.demo.send("POST", "/api/v1/invoices", [{ id: "a", sum: 10 }], 200);
  return koppla;
}

/** With a password, and an account of everything; that of the first one is `koppla.demo`. */
async function makeOrganisation(koppla: Koppla, code: string, password: string): Promise<void> {
  if (code === "demo") await koppla.makeDemo();
  else await koppla.partner(code);
  await setPassword(koppla, code, password);
}

export async function setPassword(koppla: Koppla, code: string, password: string): Promise<void> {
  const args = ["organisation", "password", "-c", koppla.configFile, "--code", code, "--password-stdin"];
  const result = await run(args, { cwd: koppla.dir, input: `${password}\n` });
  if (result.exitCode !== 0) throw new Error(result.stderr);
}

export interface PullOut {
  search: {
    numRowsFound: number;
    shown: { numRowsShown: number; firstShownRowNum: number; lastShownRowNum: number };
    limits: { maxRows: number; maxRowsDefault: number; maxRowsAllowed: number };
    asked?: Record<string, unknown>;
    deletedAfter?: number | null;
  };
  trainings: Record<string, unknown>[];
  deleted?: { id: number; deletedAt: string }[];
  warnings?: string[];
}

/** GETs `/api/public/{path}`. */
export function ask(koppla: Koppla, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${koppla.url}/api/public/${path}`, init);
}

export async function pull(koppla: Koppla, query: string, init: RequestInit = {}): Promise<PullOut> {
  const response = await ask(koppla, `trainings/?${query}`, init);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  const out: PullOut = JSON.parse(text);
  return out;
}

export const idsOf = ({ trainings }: PullOut): unknown[] => trainings.map(({ id }) => id);

/** What is wrong, as it is told. */
export async function errorsOf(response: Response): Promise<string[]> {
  const { errors } = (await response.json()) as { errors: { msg: string }[] };
  return errors.map(({ msg }) => msg);
}

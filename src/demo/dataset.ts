/** The demo's data: universities of Europe and their countries. Source and licence: `data/README.md`. */
import countriesFile from "./data/countries.ndjson" with { type: "file" };
import universitiesFile from "./data/universities.ndjson" with { type: "file" };

export interface Country {
  /** ISO 3166-1 alpha-2 */
  id: string;
  name: string;
}

export interface University {
  id: number;
  name: string;
  /** The id of a {@link Country}. */
  country: string;
  /** Mail domains. */
  domains: string[];
  web_page: string;
}

export interface Dataset {
  countries: Country[];
  universities: University[];
}

/** Reads the data, which is embedded in the executable. */
export async function loadDataset(): Promise<Dataset> {
  return {
    countries: await readLines<Country>(countriesFile),
    universities: await readLines<University>(universitiesFile),
  };
}

/** The files are part of the program: their shape is proven by a test, not at every start. */
async function readLines<T>(file: string): Promise<T[]> {
  const text = await Bun.file(file).text();
  return text
    .trimEnd()
    .split("\n")
    .map((line): T => JSON.parse(line));
}

import { expect, test } from "bun:test";
import { loadDataset } from "./dataset.ts";

const { countries, universities } = await loadDataset();

test("there are some thousand records, each id once", () => {
  expect(countries).toHaveLength(47);
  expect(universities).toHaveLength(2598);
  expect(new Set(countries.map((country) => country.id)).size).toBe(47);
  expect(new Set(universities.map((university) => university.id)).size).toBe(2598);
});

test("every record has its fields, and no others", () => {
  for (const country of countries) expect(country).toEqual({ id: country.id, name: expect.any(String) });
  for (const university of universities) {
    expect(university).toEqual({
      id: expect.any(Number),
      name: expect.stringMatching(/^\S.*\S$/),
      country: expect.stringMatching(/^[A-Z]{2}$/),
      domains: expect.any(Array),
      web_page: expect.stringMatching(/^https?:\/\/\S+$/),
    });
    for (const domain of university.domains) expect(domain).toMatch(/^[a-z0-9.-]+\.[a-z]+$/);
  }
});

test("every university is in a country that there is, and every country has one", () => {
  const used = new Set(universities.map((university) => university.country));
  expect([...used].sort()).toEqual(countries.map((country) => country.id).sort());
});

test("names kept their letters", () => {
  const names = new Set(universities.map((university) => university.name));
  for (const name of ["Linköping University", "Göteborg University", "Chalmers University of Technology"])
    expect(names).toContain(name);
});

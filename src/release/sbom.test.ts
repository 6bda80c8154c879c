import Ajv from "ajv";
import addFormats from "ajv-formats";
import { expect, test } from "bun:test";
import { dirname, join } from "node:path";

import manifest from "../../package.json" with { type: "json" };
import { sbom } from "./sbom.ts";

const resources = join(
  dirname(Bun.resolveSync("@cyclonedx/cyclonedx-library/package.json", import.meta.dir)),
  "res/schema",
);
const schema = (name: string) => Bun.file(join(resources, name)).json();

test("the list of what is shipped is CycloneDX, with every dependency and none of development's", async () => {
  const list = JSON.parse(await sbom(new Date(0)));
  const ajv = new Ajv({ strict: false });
  addFormats(ajv);
  // Of a draft that these formats are not of; no address stands in the list.
  ajv.addFormat("iri-reference", true).addFormat("idn-email", true);
  for (const name of ["spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"])
    ajv.addSchema(await schema(name), `http://cyclonedx.org/schema/${name}`);
  const isValid = ajv.compile(await schema("bom-1.6.SNAPSHOT.schema.json"));
  expect({ valid: isValid(list), errors: isValid.errors }).toEqual({ valid: true, errors: null });

  const names = list.components.map(({ group, name }: { group?: string; name: string }) =>
    group === undefined ? name : `${group}/${name}`,
  );
  expect(names).toEqual(expect.arrayContaining([...Object.keys(manifest.dependencies), "bun"]));
  for (const name of ["typescript", "playwright-core", "oxlint"]) expect(names).not.toContain(name);
  expect(list.components.filter(({ licenses }: { licenses?: unknown }) => !licenses)).toEqual([]);
});

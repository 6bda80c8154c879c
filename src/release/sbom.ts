/** What the executable is made of, as CycloneDX 1.6 (JSON): every npm package that bun.lock ships, and Bun itself. */
import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import manifest from "../../package.json" with { type: "json" };
import { root } from "../build.ts";
import { folderOf, type LockedPackage, shippedPackages } from "./lockfile.ts";

/** @param time  of the release @returns JSON */
export async function sbom(time: Date): Promise<string> {
  const { direct, all } = await shippedPackages();
  const product = new Models.Component(Enums.ComponentType.Application, manifest.name, {
    ...{ bomRef: manifest.name, version: manifest.version, description: manifest.description },
    licenses: new Models.LicenseRepository([new Models.SpdxLicense(manifest.license)]),
  });
  const runtime = new Models.Component(Enums.ComponentType.Framework, "bun", {
    ...{ bomRef: "bun", version: Bun.version, purl: `pkg:npm/bun@${Bun.version}` },
    licenses: new Models.LicenseRepository([new Models.SpdxLicense("MIT")]),
  });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: product, timestamp: time }) });
  const components = new Map<LockedPackage, Models.Component>();
  for (const locked of all.keys()) components.set(locked, await componentOf(locked));
  const refsOf = (packages: readonly LockedPackage[]) =>
    packages.map((one) => components.get(one)?.bomRef).filter((ref) => ref !== undefined);
  for (const [locked, below] of all) {
    const component = components.get(locked);
    if (!component) continue;
    for (const ref of refsOf(below)) component.dependencies.add(ref);
    bom.components.add(component);
  }
  bom.components.add(runtime);
  for (const ref of [...refsOf(direct), runtime.bomRef]) product.dependencies.add(ref);
  const normalizers = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return new Serialize.JsonSerializer(normalizers).serialize(bom, { sortLists: true, space: 2 });
}

async function componentOf(locked: LockedPackage): Promise<Models.Component> {
  const { name, version, integrity } = locked;
  const [scope, bare] = name.startsWith("@") ? name.split("/") : [undefined, name];
  const purl = `pkg:npm/${scope === undefined ? "" : `${encodeURIComponent(scope)}/`}${bare}@${version}`;
  const license = await licenseOf(locked);
  return new Models.Component(Enums.ComponentType.Library, bare ?? name, {
    ...{ bomRef: `${locked.key}@${version}`, version, purl },
    ...(scope !== undefined && { group: scope }),
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-512"], hexOf(integrity)]]),
    licenses: new Models.LicenseRepository(license ? [license] : []),
  });
}

/** As its own manifest says: a name of SPDX, or an expression of them. */
async function licenseOf(
  locked: LockedPackage,
): Promise<Models.DisjunctiveLicense | Models.LicenseExpression | undefined> {
  const file = join(root, folderOf(locked), "package.json");
  const { license } = JSON.parse(await readFile(file, "utf8")) as { license?: unknown };
  if (typeof license !== "string") return undefined;
  if (/ (AND|OR|WITH) /.test(license)) return new Models.LicenseExpression(license);
  return /^[\w.+-]+$/.test(license) ? new Models.SpdxLicense(license) : new Models.NamedLicense(license);
}

/** Of `sha512-` and base64. */
function hexOf(integrity: string): string {
  return Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
}

import { describe, expect, test } from "bun:test";

import { Problem } from "../problem.ts";
import { MAX_PARAMETERS, type Parameters, readParameters } from "./parameters.ts";

const limits = { body: 100_000, requestTimeout: 5_000 };
const read = (
  query: string,
  body?: string | FormData | URLSearchParams,
  type?: string,
): Promise<Parameters> =>
  readParameters(
    new Request(`http://localhost/api/public/trainings/${query}`, {
      ...(body !== undefined && { method: "POST", body }),
      ...(type !== undefined && { headers: { "content-type": type } }),
    }),
    limits,
  );
const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Problem ? error.code : String(error);
};

describe("parameters", () => {
  test("are found in any case, and listed as they were sent", async () => {
    const parameters = await read("?Org=demo&MAXROWS=5&city=K%C3%B6penick+s%C3%B6der&flag");
    expect([parameters.get("org"), parameters.get("maxRows"), parameters.get("CITY")]).toEqual([
      ...["demo", "5", "Köpenick söder"],
    ]);
    expect(parameters.get("flag")).toBe("");
    expect(parameters.get("other")).toBeUndefined();
    expect(parameters.all().map(({ name }) => name)).toEqual(["Org", "MAXROWS", "city", "flag"]);
  });

  test("of the body hide those of the URL, all values of them", async () => {
    const parameters = await read(
      "?city=Lund&CITY=Malm%C3%B6&org=demo",
      new URLSearchParams("City=Ume%C3%A5"),
    );
    expect(parameters.values("city")).toEqual(["Umeå"]);
    expect(parameters.get("org")).toBe("demo");
  });

  test("of JSON are its texts, numbers, true and false; the body stays as it was sent", async () => {
    const sent = {
      org: "demo",
      maxRows: 5,
      verbose: true,
      city: ["Lund", 7],
      nested: { pw: "x" },
      none: null,
    };
    const parameters = await read("?nested=fromUrl", JSON.stringify(sent), "application/json");
    expect(parameters.body).toEqual(sent);
    expect(parameters.values("city")).toEqual(["Lund", "7"]);
    expect([parameters.get("maxRows"), parameters.get("verbose")]).toEqual(["5", "true"]);
    expect([parameters.get("none"), parameters.get("nested")]).toEqual([undefined, "fromUrl"]);
  });

  test("of a multipart form come with its files", async () => {
    const form = new FormData();
    form.append("org", "demo");
    form.append("name", "Åsa\r\nBjörk");
    form.append("file", new Blob(["id,name\n1,x\n"], { type: "text/csv" }), "a.csv");
    const parameters = await read("", form);
    expect([parameters.get("org"), parameters.get("name")]).toEqual(["demo", "Åsa\r\nBjörk"]);
    const [file] = parameters.files;
    expect([file?.name, file?.fileName, file?.type]).toEqual(["file", "a.csv", "text/csv"]);
    expect(new TextDecoder().decode(file?.bytes)).toBe("id,name\n1,x\n");
  });

  test("say whether a secret stands in the URL, in whatever case and coding", async () => {
    for (const query of ["?pw=x", "?PW=x", "?%70w=x", "?a=1&userPw=", "?apikey=x"])
      expect([query, (await read(query)).passwordInUrl]).toEqual([query, true]);
    expect((await read("?org=demo", new URLSearchParams("pw=x"))).passwordInUrl).toBe(false);
  });

  test("that are given twice are refused where one is wanted", async () => {
    const parameters = await read("?org=demo&ORG=other");
    expect(() => parameters.get("org")).toThrow("org is given twice");
  });

  test("are no more than there may be, and encoded as they must be", async () => {
    const many = (count: number) => `?${Array.from({ length: count }, (_, i) => `a${i}=1`).join("&")}`;
    expect((await read(many(MAX_PARAMETERS))).all()).toHaveLength(MAX_PARAMETERS);
    expect(await codeOf(read(many(MAX_PARAMETERS + 1)))).toBe("malformed");
    expect(await codeOf(read("?a=%ff"))).toBe("malformed");
    expect(await codeOf(read(`?${"a".repeat(201)}=1`))).toBe("invalid");
    expect(await codeOf(read("", "a=1", "text/plain"))).toBe("unsupported_media_type");
    expect(await codeOf(read("", "x".repeat(100_001), "application/x-www-form-urlencoded"))).toBe(
      "too_large",
    );
    expect(await codeOf(read("", "x", "multipart/form-data"))).not.toBe("undefined");
    expect(await codeOf(read("", "no boundary in here", "multipart/form-data; boundary=b"))).toBe(
      "malformed",
    );
  });
});

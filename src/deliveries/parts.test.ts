import { describe, expect, test } from "bun:test";

import type { ChangeRow } from "../changes/queries.ts";
import type { Format } from "../receivers/receiver.ts";
import { encodeId } from "../records/key.ts";
import { TypeRegistry } from "../records/types.ts";
import { seal } from "./body.ts";
import { asDestroy, halves, nameOf, partsOf, topicOfPart, withRecord } from "./parts.ts";

const types = new TypeRegistry({
  trainings: {
    ...{ name: "trainings", object: "training", key: "integer", schema: { type: "object" } },
    ...{ parent: null, public: [], filters: [], description: "" },
  },
});
/** No double has all of its digits. */
const RECORD = '{"id":1,"price":12345678901234567890.10,"name":"[\\"},{"}';

const rows = (count: number): ChangeRow[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ organisationId: 1, object: "training", key: encodeId("integer", index + 1) },
    ...{ topic: "Trainings.Update", action: "update", sequence: index + 7, at: 0 },
    ...{ subject: "user:anna", actor: "account:acc_1" },
  }));

function bodies(format: Format, count: number): string[] {
  const context = {
    types,
    publicUrl: "https://k.example",
    organisation: "demo",
    ...(format !== "changes" && { data: new Map([[`training/${encodeId("integer", 1)}`, RECORD]]) }),
  };
  return seal(format, rows(count), 1_000, context).map(({ body }) => body);
}

describe.each(["changes", "event", "cloudevents"] as const)("a body of format %s", (format) => {
  test("is taken apart into its changes and put together again, byte for byte", () => {
    for (const count of [1, 2, 5]) {
      for (const body of bodies(format, count)) {
        const parts = partsOf(body);
        expect(parts.body(parts.list.map(({ text }) => text))).toBe(body);
      }
    }
  });

  test("tells the object, the action and the fields of each change", () => {
    const list = bodies(format, 3).flatMap((body) => partsOf(body).list);
    expect(list.map(({ object, id, action }) => [object, id, action])).toEqual(
      [1, 2, 3].map((id) => ["training", id, "update"]),
    );
    expect(list.map(({ fields }) => fields)).toEqual([
      format === "changes" ? [] : ["id", "price", "name"],
      [],
      [],
    ]);
    expect(list.map((part) => nameOf(types, part))).toEqual(rows(3).map(({ key }) => `training/${key}`));
    expect(list.map((part) => topicOfPart(types, part))).toEqual(Array(3).fill("Trainings.Update"));
  });

  test("becomes the removal of its object, which shows nothing but what that is", () => {
    const [body = ""] = bodies(format, 1);
    const [part] = partsOf(asDestroy(partsOf(body).list[0]?.text ?? "", "Trainings.Destroy")).list;
    expect(part).toMatchObject({ object: "training", id: 1, action: "destroy", fields: [] });
    for (const hidden of ["price", "url", "anna", "acc_1", "Update"])
      expect(part?.text).not.toContain(hidden);
    if (format !== "changes") expect(part?.text).toContain("Trainings.Destroy");
  });
});

describe("a bundle's halves", () => {
  test("hold all of its changes between them, each as it was", () => {
    for (const format of ["changes", "cloudevents"] as const) {
      const [body = ""] = bodies(format, 5);
      const texts = partsOf(body).list.map(({ text }) => text);
      const two = halves(partsOf(body)) ?? [];
      expect(two.map((half) => partsOf(half).list.length)).toEqual([3, 2]);
      expect(two.flatMap((half) => partsOf(half).list.map(({ text }) => text))).toEqual(texts);
    }
  });

  test("are not to be had of one change", () => {
    for (const format of ["changes", "event", "cloudevents"] as const) {
      expect(halves(partsOf(bodies(format, 1)[0] ?? ""))).toBeUndefined();
    }
    expect(halves(partsOf('{"changes":[]}'))).toBeUndefined();
  });

  test("of two CloudEvents are no batches", () => {
    const two = halves(partsOf(bodies("cloudevents", 2)[0] ?? "")) ?? [];
    expect(two.map((body) => body.slice(0, 14))).toEqual(Array(2).fill('{"specversion"'));
  });
});

test.each(["event", "cloudevents"] as const)(
  "a change of format %s is given another record, digit for digit",
  (format) => {
    const [body = ""] = bodies(format, 1);
    const other = '{"id":1,"price":98765432109876543210.50}';
    expect(withRecord(body, other)).toBe(body.replace(RECORD, other));
  },
);

import { expect, test } from "bun:test";

import { Names } from "./names.ts";

test("a stem is changed until all names that are made of it are free", () => {
  const names = new Names(["getHealth", "TrainingRecordInput"]);
  const made = (stem: string) => [stem, `${stem}Input`, `get${stem}`];
  expect(names.take("Health", made)).toBe("HealthRecord");
  expect(names.take("Training", made)).toBe("Training");
  expect(names.take("Training", made)).toBe("TrainingRecord2");
  expect(names.take("TrainingInput", (stem) => [stem])).toBe("TrainingInputRecord");
});

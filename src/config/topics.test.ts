import { expect, test } from "bun:test";

import { topicName } from "./topics.ts";

test.each([
  ["trainings", "Trainings"],
  ["course_dates", "CourseDates"],
  ["course-dates", "CourseDates"],
  ["t2", "T2"],
])("the topic of %s is %s", (type, topic) => {
  expect(topicName(type)).toBe(topic);
});

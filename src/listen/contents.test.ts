import { expect, test } from "bun:test";
import { readContents } from "./contents.ts";

test("a bundle of format changes is read change by change, ids keeping their type", () => {
  const url = "https://host/api/v1/trainings/345345";
  const body = JSON.stringify({
    changes: [
      { action: "update", object: "training", id: 345345, url },
      { action: "destroy", object: "institute", id: "345345" },
    ],
  });
  expect(readContents(body)).toEqual({
    format: "changes",
    changes: [
      { what: "update", object: "training", id: 345345, url },
      { what: "destroy", object: "institute", id: "345345", url: null },
    ],
  });
});

test("an event is one change, known by its topic", () => {
  const event = {
    id: "018f",
    topic: "Trainings.Update",
    timestamp: "2026-11-21T19:05:00.000Z",
    organisation: "demo",
    object: "training",
    object_id: 7,
    url: "https://host/api/v1/trainings/7",
    sequence: 12,
  };
  expect(readContents(JSON.stringify(event))).toEqual({
    format: "event",
    changes: [{ what: "Trainings.Update", object: "training", id: 7, url: event.url }],
  });
});

test("CloudEvents are changes known by their type, alone or in a batch", () => {
  const cloudEvent = (id: number) => ({
    ...{ specversion: "1.0", id: `msg_1-${id}`, source: "https://host/demo", type: "Trainings.Destroy" },
    data: { object: "training", object_id: id, sequence: 12 },
  });
  const change = (id: number) => ({ what: "Trainings.Destroy", object: "training", id, url: null });
  expect(readContents(JSON.stringify(cloudEvent(1)))).toEqual({
    format: "cloudevents",
    changes: [change(1)],
  });
  expect(readContents(JSON.stringify([cloudEvent(1), cloudEvent(2)]))).toEqual({
    format: "cloudevents",
    changes: [change(1), change(2)],
  });
});

test("an empty bundle is a bundle", () => {
  expect(readContents('{"changes":[]}')).toEqual({ format: "changes", changes: [] });
});

test.each([
  ["no JSON", "changes=1"],
  ["nothing", ""],
  ["null", "null"],
  ["a list", "[]"],
  ["changes that are no list", '{"changes":{}}'],
  ["a change that is null", '{"changes":[null]}'],
  ["a change without an id", '{"changes":[{"action":"update","object":"training"}]}'],
  ["a CloudEvent of somebody else", '{"specversion":"1.0","type":"t","data":{}}'],
  ["a batch of which one is none", '[{"specversion":"1.0"},1]'],
  ["an event whose topic is a number", '{"topic":1,"object":"training","object_id":1}'],
])("%s is other", (_, body) => {
  expect(readContents(body)).toEqual({ format: "other", changes: [] });
});

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ConfigError, formatIssue } from "./errors.ts";
import { loadConfig } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "koppla-actions-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "koppla.yaml");

const load = (yaml: string) => {
  writeFileSync(file, yaml);
  return loadConfig(file, {});
};

/** What is wrong, each with its place. */
async function issuesOf(yaml: string): Promise<string[]> {
  const error = await load(yaml).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error("it was taken");
  return error.issues.map((issue) => formatIssue(issue).replace(file, "file"));
}

test("actions and schedules are what the YAML says", async () => {
  const { actions, schedules, warnings } = await load(`
actions_allow_commands: true
actions:
  report:
    input: { type: object, properties: { year: { type: integer } } }
    run:
      http: { url: "http://erp.local/{{input.year}}", method: PUT, headers: { x-by: "{{submitted_by}}" }, username: u, password: p }
    limits: { at_once: 2 }
  tidy: { run: { command: [bin/tidy, --all] }, environment: { LANG: C }, interrupted: again }
schedules:
  yearly: { cron: "0 0 1 1 *", action: report, input: { year: 2026 }, catch_up: one, organisations: [demo] }
  audit: { cron: "0 3 * * SUN", chore: audit-retention, timezone: Europe/Stockholm }
`);
  expect(warnings).toEqual([]);
  expect(actions).toMatchObject({
    report: {
      run: { kind: "http", authorization: { username: "u", password: "p" }, body: undefined },
      limits: { atOnce: 2, perOrganisation: 2 },
    },
    tidy: {
      interrupted: "again",
      run: {
        command: [join(folder, "bin/tidy"), "--all"],
        directory: folder,
        environment: { LANG: "C" },
        allowed: true,
      },
    },
  });
  expect(schedules).toMatchObject({
    yearly: { runs: { kind: "action", action: "report", input: { year: 2026 } }, catchUp: "one" },
    audit: { runs: { kind: "chore", chore: "audit-retention" }, timezone: "Europe/Stockholm" },
  });
});

const http = (more: string, outside = "") =>
  `actions:\n  a:\n    input: { type: object, properties: { year: {} } }\n    ${outside}\n    run: { http: { ${more} } }\n`;
const schedule = (more: string) =>
  `actions: { a: { input: { type: object, required: [year] }, run: { http: { url: "http://a/" } } } }\nschedules:\n  s: { ${more} }\n`;

describe("what is wrong is found at the start, with its place:", () => {
  test.each([
    [
      "cron nonsense",
      schedule('cron: "61 * * * *", action: a, input: { year: 1 }'),
      'file:3:14 schedules.s.cron: found "61 * * * *" (Invalid value for minute: 61), expected minute, hour, day of month, month and day of week, such as 0 3 * * *, with seconds before them where there are six',
    ],
    [
      "a time that never comes",
      schedule('cron: "0 0 31 2 *", action: a, input: { year: 1 }'),
      'file:3:14 schedules.s.cron: found "0 0 31 2 *" (which never comes), expected minute',
    ],
    [
      "an unknown time zone",
      schedule('cron: "@daily", timezone: Europe/Stockhom, action: a, input: { year: 1 }'),
      'file:3:34 schedules.s.timezone: found "Europe/Stockhom", expected a time zone such as Europe/Stockholm; did you mean "Europe/Stockholm"?',
    ],
    [
      "an unknown action",
      schedule('cron: "@daily", action: b'),
      'file:3:32 schedules.s.action: found "b", expected one of the actions',
    ],
    [
      "an unknown chore",
      schedule('cron: "@daily", chore: audit-retenton'),
      'file:3:31 schedules.s.chore: found "audit-retenton", expected one of audit-retention,',
    ],
    [
      "neither action nor chore",
      schedule('cron: "@daily"'),
      "file:3:6 schedules.s: found neither, expected either action or chore",
    ],
    [
      "input that the action refuses",
      schedule('cron: "@daily", action: a, input: {}'),
      "file:3:42 schedules.s.input: found what the action's input does not allow: it must have required property 'year'",
    ],
    [
      "a chore's name for something else",
      schedule('cron: "@daily", action: a, input: { year: 1 }').replace("  s:", "  audit-retention:"),
      "file:3:3 schedules.audit-retention: found the name of a chore, expected chore: audit-retention, or another name",
    ],
    [
      "a placeholder in the host",
      http('url: "http://{{input.year}}/"'),
      'file:5:25 actions.a.run.http.url: found "http://{{input.year}}/", expected an http:// or https:// URL, with {{...}} only behind its host',
    ],
    [
      "a placeholder that is none",
      http('url: "http://a/{{imput.year}}"'),
      "file:5:25 actions.a.run.http.url: found {{imput.year}}, expected one of input, operation, organisation, submitted_by, submitted_at",
    ],
    [
      "a field that the input does not have",
      http('url: "http://a/", body: { y: "{{input.yera}}" }'),
      "file:5:44 actions.a.run.http.body: found {{input.yera}}, expected a property of the action's input",
    ],
    [
      "a header that is Koppla's",
      http('url: "http://a/", headers: { Host: b }'),
      "file:5:49 actions.a.run.http.headers.Host: found Host, which Koppla sets itself, expected another header",
    ],
    [
      "a password without a user",
      http('url: "http://a/", password: geheim'),
      "file:5:48 actions.a.run.http.password: found a password alone, expected username with it",
    ],
    [
      "a JSON Schema that is none",
      "actions: { a: { input: { typ: object }, run: { http: { url: 'http://a/' } } } }\n",
      "file:1:31 actions.a.input.typ: found an unknown keyword",
    ],
    [
      "a dry run that a command cannot pass on",
      "actions: { a: { dry_run: pass, run: { command: [x] } } }\n",
      "file:1:26 actions.a.dry_run: found pass, expected validate: a command has no header to pass on",
    ],
    [
      "a name that is no path",
      "actions: { Send Report: { run: { http: { url: 'http://a/' } } } }\n",
      'file:1:12 actions["Send Report"]: found "Send Report", expected a lower-case name (a-z, 0-9, _ and -, a letter first)',
    ],
  ])("%s", async (_, yaml, expected) => {
    const [issue = "", ...more] = await issuesOf(yaml);
    expect(issue).toStartWith(expected);
    expect(more).toEqual([]);
  });
});

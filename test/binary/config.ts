/** The configuration that the tests run with: one type per kind of key, short windows, quick retries. */

/** Where the server says it lives; the port it listens on differs, so links must come from the setting. */
export const publicUrl = "https://koppla.example";

/** The types that the tests use: one per kind of key. */
const types = {
  institutes: {
    object: "institute",
    key: "integer",
    schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
  },
  trainings: {
    object: "training",
    key: "integer",
    schema: {
      type: "object",
      properties: {
        name: { type: "string", minLength: 1, maxLength: 200 },
        institute_id: { type: "integer" },
        city: { type: "string" },
        price: { type: ["number", "null"] },
      },
      required: ["name"],
    },
    filters: ["institute_id", "city"],
  },
  articles: {
    object: "article",
    key: "string",
    schema: { type: "object", properties: { title: { type: "string" } } },
  },
  cases: {
    object: "case",
    key: "uuid",
    schema: { type: "object", properties: { title: { type: "string" } } },
  },
};

export type ConfigSections = Record<string, Record<string, unknown>>;

/** @param changes  merged over it, one level deep */
export function testConfig(databaseUrl: string, changes: ConfigSections = {}): ConfigSections {
  const config: ConfigSections = {
    server: { listen: "127.0.0.1:0", public_url: publicUrl },
    database: { url: databaseUrl },
    secrets: { key_file: "./data/koppla.key" },
    log: { level: "info", format: "json" },
    types,
    webhooks: {
      bundle: { quiet: "50ms", longest: "1s", size: 500 },
      allow_targets: ["127.0.0.1"],
    },
  };
  for (const [section, values] of Object.entries(changes))
    config[section] = { ...config[section], ...values };
  return config;
}

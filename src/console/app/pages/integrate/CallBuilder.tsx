/** The call: what is chosen, how it is written in five languages, and what the server answers to it. */
import { Alert, Grid, Stack, Tabs, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { serverUrl } from "../../base.ts";
import { useOrganisation } from "../../organisation.ts";
import { CodeBox } from "../../parts/CodeBox.tsx";
import { Section } from "../../parts/Section.tsx";
import type { RecordType } from "../../parts/useTypes.ts";
import { useSession } from "../../session.tsx";
import { useUrlState } from "../../url-state.ts";
import { callOf, type Choice, urlOf, WAYS } from "./call.ts";
import { Choices } from "./Choices.tsx";
import { LiveAnswer } from "./LiveAnswer.tsx";
import { NO_SECRETS, type Secrets } from "./live.ts";
import { curl } from "./samples/curl.ts";
import { javascript } from "./samples/javascript.ts";
import { php } from "./samples/php.ts";
import { python } from "./samples/python.ts";

const LANGUAGES = {
  url: {
    name: "URL",
    write: (_: Choice, call: ReturnType<typeof callOf>) => `${call.method} ${urlOf(call)}`,
  },
  curl: { name: "curl", write: curl },
  php: { name: "PHP", write: php },
  python: { name: "Python", write: python },
  javascript: { name: "JavaScript", write: javascript },
} as const;

/** What stands in the address; secrets never do. */
const START = {
  ...{ way: "token", type: "", search: "", sort: "", rows: "5", fields: "", totp: "", language: "curl" },
};

export function CallBuilder({ types }: { types: readonly RecordType[] }) {
  const { t } = useTranslation("integrate");
  const session = useSession();
  const { code } = useOrganisation(session);
  const first = types[0]?.name ?? "";
  const filters = useMemo(
    () => [...new Set(types.flatMap((type) => type.filters.map(({ field }) => `filter.${field}`)))],
    [types],
  );
  const beginning: Record<string, string> = {
    ...START,
    type: first,
    ...Object.fromEntries(filters.map((name) => [name, ""])),
  };
  const [state, change] = useUrlState(beginning);
  const [secrets, setSecrets] = useState<Secrets>(NO_SECRETS);
  const type = types.find(({ name }) => name === state["type"]) ?? types[0];
  if (!type) return null;
  const choice = choiceOf(type, state, code);
  const call = callOf(choice);
  const language = state["language"] ?? "curl";
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Section title={t("choices.title")}>
          <Choices
            types={types}
            type={type}
            choice={choice}
            change={change}
            secrets={secrets}
            setSecrets={setSecrets}
          />
        </Section>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack>
          <Section title={t("call.title")} text={t(`call.secrets.${choice.way}`)}>
            <Tabs
              value={language in LANGUAGES ? language : "curl"}
              onChange={(next) => change({ language: next ?? "curl" }, { replace: true })}
              keepMounted={false}
            >
              <Tabs.List mb="sm">
                {Object.entries(LANGUAGES).map(([key, { name }]) => (
                  <Tabs.Tab key={key} value={key}>
                    {name}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              {Object.entries(LANGUAGES).map(([key, { name, write }]) => (
                <Tabs.Panel key={key} value={key}>
                  <CodeBox text={write(choice, call)} label={t("call.in", { language: name })} />
                </Tabs.Panel>
              ))}
            </Tabs>
            {choice.way === "public" && (
              <Alert color="gray">
                <Text size="sm">{t("call.publicFields", { fields: type.public.join(", ") || "–" })}</Text>
              </Alert>
            )}
          </Section>
          <LiveAnswer choice={choice} call={call} secrets={secrets} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

function choiceOf(type: RecordType, state: Readonly<Record<string, string>>, organisation: string): Choice {
  const asked = type.filters.map(({ field }) => [field, state[`filter.${field}`] ?? ""] as const);
  const sort = state["sort"] ?? "";
  const sortable = ["id", "modified_at", ...type.filters.map(({ field }) => field)];
  const known = ["id", ...(type.fields ?? [])];
  const fields = (state["fields"] ?? "").split(",").filter((field) => known.includes(field));
  const rows = Number(state["rows"]);
  return {
    way: WAYS.find((way) => way === state["way"]) ?? "token",
    ...{ server: serverUrl(), organisation, type: type.name, object: type.object },
    filters: Object.fromEntries(asked.filter(([, value]) => value !== "")),
    search: type.search.length > 0 ? (state["search"] ?? "") : "",
    sort: sortable.includes(sort.replace(/^-/, "")) ? sort : "",
    rows: Number.isInteger(rows) && rows >= 1 && rows <= 500 ? rows : 5,
    fields:
      fields.length > 0
        ? fields
        : ["id", ...(type.fields ?? []).filter((field) => field !== "id").slice(0, 2)],
    totp: state["totp"] === "1",
  };
}

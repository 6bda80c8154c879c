/** What receivers are sent: each topic, with an example of each format. */
import { Anchor, Grid, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { serverUrl } from "../../base.ts";
import { useOrganisation } from "../../organisation.ts";
import { CodeBox } from "../../parts/CodeBox.tsx";
import { Section } from "../../parts/Section.tsx";
import type { RecordType } from "../../parts/useTypes.ts";
import { useSession } from "../../session.tsx";
import { useUrlState } from "../../url-state.ts";
import { type ReceiverOptions, useReceiverOptions } from "../receivers/data.ts";
import { exampleOf } from "../receivers/example.ts";
import { emptyForm } from "../receivers/form.ts";

const FORMATS = ["changes", "event", "cloudevents"] as const;

export function Topics({ types }: { types: readonly RecordType[] }) {
  const { t } = useTranslation("integrate");
  const session = useSession();
  const { code } = useOrganisation(session);
  const { data } = useReceiverOptions();
  const options = data ?? optionsOf(types);
  const [state, change] = useUrlState({ tab: "call", topic: "", format: "changes", payload: "thin" });
  const topic = options.topics.find(({ name }) => name === state.topic) ?? options.topics[0];
  const format = FORMATS.find((one) => one === state.format) ?? "changes";
  if (!topic) return null;
  const { line, headers, body } = exampleOf(
    {
      ...emptyForm(options, ""),
      topics: [topic.name],
      format,
      payload: state.payload === "full" ? "full" : "thin",
    },
    { options, serverUrl: serverUrl(), organisation: code, now: new Date() },
  );
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Section title={t("topics.title")} text={t("topics.text")}>
          <Stack gap="sm">
            <Select
              label={t("topics.topic")}
              data={options.topics.map(({ name }) => name)}
              value={topic.name}
              onChange={(name) => change({ topic: name ?? "" })}
              searchable
            />
            <Text size="sm" c="dimmed">
              {t("topics.about", { object: topic.object })}
            </Text>
            <Choice
              label={t("topics.format")}
              value={format}
              values={FORMATS.map((one) => ({ value: one, label: t(`topics.formats.${one}`) }))}
              change={(next) => change({ format: next })}
            />
            {format !== "changes" && (
              <Choice
                label={t("topics.payload")}
                value={state.payload}
                values={[
                  { value: "thin", label: t("topics.thin") },
                  { value: "full", label: t("topics.full") },
                ]}
                change={(next) => change({ payload: next })}
              />
            )}
            <Text size="sm">{t(`topics.formatText.${format}`)}</Text>
            {session.can("receivers", "manage") && (
              <Anchor component={Link} href="/receivers/new" size="sm">
                {t("topics.newReceiver")}
              </Anchor>
            )}
          </Stack>
        </Section>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Section title={t("topics.example")} text={t("topics.exampleText")}>
          <CodeBox text={[line, ...head].join("\n")} label={t("topics.headers")} wrap />
          <CodeBox text={JSON.stringify(body, null, 2)} label={t("topics.body")} />
        </Section>
      </Grid.Col>
    </Grid>
  );
}

function Choice({
  label,
  value,
  values,
  change,
}: {
  label: string;
  value: string;
  values: { value: string; label: string }[];
  change: (value: string) => void;
}) {
  return (
    <div>
      <Text size="sm" fw={500} mb={4}>
        {label}
      </Text>
      <SegmentedControl aria-label={label} fullWidth value={value} data={values} onChange={change} />
    </div>
  );
}

/** For those who may not look at receivers: what follows from the types. */
function optionsOf(types: readonly RecordType[]): ReceiverOptions {
  return {
    topics: types.flatMap(({ name, object, topics }) =>
      Object.values(topics).map((topic) => ({ name: topic, object, resource: name })),
    ),
    types: types.map(({ name, object, key, filters }) => ({ name, object, key, filters })),
    retry_schedules: [],
    defaults: { retry: "table", bundle: { quiet: "5s", longest: "60s", size: 500 }, timeout: "15s" },
  };
}

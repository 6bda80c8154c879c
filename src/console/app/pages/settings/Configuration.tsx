import { Badge, Group, Stack, Switch, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { answer, api, type Schemas } from "../../api/client.ts";
import { Queried } from "../../parts/Queried.tsx";
import { Empty } from "../../parts/states.tsx";
import { useUrlState } from "../../url-state.ts";

type Setting = Schemas["Setting"];

/** What the server works with: each setting, where it came from, and what it is for. */
export function Configuration() {
  const { t } = useTranslation("settings");
  const [{ find, given }, change] = useUrlState({ find: "", given: "" });
  const query = useQuery({
    queryKey: ["settings"],
    queryFn: () => answer(api.api.v1.system.settings.get()),
  });
  const fits = ({ path, description, source }: Setting) =>
    (given === "" || source.kind !== "default") &&
    `${path} ${description}`.toLowerCase().includes(find.toLowerCase());
  return (
    <Stack maw={1100}>
      <Group align="flex-end">
        <TextInput
          label={t("configuration.find")}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={find}
          onChange={(event) => change({ find: event.currentTarget.value }, { replace: true })}
          flex="1 1 240px"
        />
        <Switch
          label={t("configuration.given")}
          checked={given !== ""}
          onChange={(event) => change({ given: event.currentTarget.checked ? "yes" : "" })}
          mb={8}
        />
      </Group>
      <Queried query={query} rows={12}>
        {({ items }) => {
          const shown = items.filter(fits);
          if (shown.length === 0) return <Empty title={t("configuration.none")} />;
          return (
            <Stack gap={0} component="ul" m={0} p={0} style={{ listStyle: "none" }}>
              {shown.map((setting) => (
                <li key={setting.path}>
                  <Shown setting={setting} />
                </li>
              ))}
            </Stack>
          );
        }}
      </Queried>
    </Stack>
  );
}

function Shown({ setting: { path, value, source, description, restart } }: { setting: Setting }) {
  const { t } = useTranslation("settings");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const place = source.variable === undefined ? source.at : `${source.at ?? ""} $${source.variable}`.trim();
  return (
    <div className="setting">
      <Group gap="xs" justify="space-between" align="flex-start">
        <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          <strong>{path}</strong>: {text}
        </Text>
        <Group gap={4} wrap="nowrap" style={{ flexShrink: 0 }}>
          {restart && (
            <Badge color="gray" tt="none">
              {t("configuration.restart")}
            </Badge>
          )}
          <Badge color={source.kind === "default" ? "gray" : "koppla"} tt="none">
            {t(`configuration.source.${source.kind}`)}
          </Badge>
        </Group>
      </Group>
      <Text size="xs" c="dimmed">
        {description} {place !== undefined && <span className="mono">{place}</span>}
      </Text>
    </div>
  );
}

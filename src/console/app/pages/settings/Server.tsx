import { Badge, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { answer, api, type Schemas } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { Queried } from "../../parts/Queried.tsx";
import { Section } from "../../parts/Section.tsx";
import { When } from "../../parts/When.tsx";

const EVERY_MS = 15_000;
const KINDS = { sqlite: "SQLite", postgres: "PostgreSQL" };
const KEY_COLOURS = { next: "koppla", active: "teal", retired: "gray" } as const;

/** Versions, keys, the database and its backups. */
export function Server() {
  const query = useQuery({
    queryKey: ["system"],
    queryFn: () => answer(api.api.v1.system.get()),
    refetchInterval: EVERY_MS,
  });
  return <Queried query={query}>{(system) => <Shown system={system} />}</Queried>;
}

function Shown({ system }: { system: Schemas["System"] }) {
  const { t } = useTranslation("settings");
  const format = useFormats();
  const { database, keys, backups, runtime } = system;
  return (
    <Stack maw={1100}>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Section title={t("server.process")}>
          <Facts
            rows={[
              [t("server.version"), system.version],
              [t("server.url"), system.public_url],
              [t("server.node"), system.node],
              [t("server.started"), <When at={system.started_at} exact key="started" />],
              [t("server.memory"), format.bytes(runtime.memory_bytes)],
              ["PID", String(runtime.pid)],
              ["Bun", runtime.bun],
            ]}
          />
        </Section>
        <Section title={t("server.backups")}>
          {backups.schedule === null && <Text size="sm">{t("server.noSchedule")}</Text>}
          <Facts
            rows={[
              [t("server.lastBackup"), <When at={backups.last_at} exact key="last" />],
              [
                t("server.outcome"),
                backups.last_ok === null ? (
                  "–"
                ) : (
                  <Badge key="ok" color={backups.last_ok ? "teal" : "red"} tt="none">
                    {backups.last_ok ? t("server.good") : t("server.bad")}
                  </Badge>
                ),
              ],
              [t("server.folder"), backups.path ?? "–"],
              [t("server.schedule"), backups.schedule ?? "–"],
            ]}
          />
        </Section>
        <Section title={t("server.database")}>
          <Facts
            rows={[
              [t("server.kind"), KINDS[database.kind]],
              [t("server.size"), format.bytes(database.bytes)],
              ...(database.wal_bytes === null
                ? []
                : [[t("server.wal"), format.bytes(database.wal_bytes)] as [string, ReactNode]]),
              [t("server.migration"), database.migrations.at(-1)?.name ?? "–"],
            ]}
          />
        </Section>
        <Section title={t("server.keys")} text={t("server.keysText")}>
          <Facts rows={[[t("server.keyFile"), keys.key_file]]} />
          <Table.ScrollContainer minWidth={320}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>kid</Table.Th>
                  <Table.Th>{t("server.state")}</Table.Th>
                  <Table.Th>{t("server.made")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {keys.signing.map(({ kid, state, created_at }) => (
                  <Table.Tr key={kid}>
                    <Table.Td className="mono">{kid}</Table.Td>
                    <Table.Td>
                      <Badge color={KEY_COLOURS[state]} tt="none">
                        {t(`server.keyState.${state}`)}
                      </Badge>
                    </Table.Td>
                    <Table.Td>{format.date(created_at)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Section>
      </SimpleGrid>
    </Stack>
  );
}

function Facts({ rows }: { rows: readonly [string, ReactNode][] }) {
  return (
    <Table layout="fixed">
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w="40%" fw={500}>
              {name}
            </Table.Th>
            <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

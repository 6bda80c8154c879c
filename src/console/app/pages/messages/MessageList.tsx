/** The messages of the organisation, newest first; of a party, with a reference, or the one with an id. */
import { Badge, Button, Group, SimpleGrid, Text, TextInput } from "@mantine/core";
import { IconPaperclip } from "@tabler/icons-react";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { useFormats } from "../../format.ts";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Empty } from "../../parts/states.tsx";
import { useList } from "../../parts/useList.ts";
import { When } from "../../parts/When.tsx";
import { useUrlState } from "../../url-state.ts";
import { isUuid, type ListedMessage } from "./message.ts";
import { States } from "./States.tsx";

const NOTHING = { party: "", reference: "" };

export function MessageList() {
  const { t } = useTranslation("messages");
  const [, navigate] = useLocation();
  const [asked, change] = useUrlState(NOTHING);
  const query = useList<ListedMessage>(["messages"], "/api/v1/webmessages", asked);
  const isAsked = asked.party !== "" || asked.reference !== "";
  return (
    <PageFrame title={t("common:pages.messages")} lead={t("list.lead")}>
      <Search key={JSON.stringify(asked)} asked={asked} change={change} />
      <DataTable
        query={query}
        columns={useColumns()}
        rowKey={({ id }) => id}
        label={t("common:pages.messages")}
        onOpen={({ id }) => navigate(`/messages/${id}`)}
        empty={
          isAsked ? (
            <Empty
              title={t("list.nothing")}
              text={t("list.nothingText")}
              action={
                <Button variant="default" onClick={() => change(NOTHING)}>
                  {t("list.all")}
                </Button>
              }
            />
          ) : (
            <Empty title={t("list.empty")} text={t("list.emptyText")} />
          )
        }
      />
    </PageFrame>
  );
}

function useColumns(): Column<ListedMessage>[] {
  const { t } = useTranslation("messages");
  const format = useFormats();
  return [
    {
      key: "at",
      title: t("fields.at"),
      width: "minmax(110px, 0.7fr)",
      cell: (row) => <When at={row.created_at} />,
    },
    {
      ...{ key: "text", title: t("fields.text"), width: "minmax(140px, 2.4fr)" },
      cell: (row) => (
        <Group gap={6} wrap="nowrap">
          {row.attachments.length > 0 && (
            <Badge
              color="gray"
              leftSection={<IconPaperclip size={12} aria-hidden />}
              aria-label={t("fields.attachments", { count: row.attachments.length })}
              style={{ flexShrink: 0 }}
            >
              {format.number(row.attachments.length)}
            </Badge>
          )}
          <Text span size="sm" truncate {...(!row.excerpt && { c: "dimmed" })}>
            {row.excerpt ?? t("fields.noText")}
          </Text>
        </Group>
      ),
    },
    {
      ...{ key: "party", title: t("fields.party"), width: "minmax(120px, 1.3fr)", wide: true },
      cell: (row) => (
        <Text span size="sm" ff="monospace" title={row.party_id}>
          {row.party_id}
        </Text>
      ),
    },
    {
      ...{ key: "references", title: t("fields.references"), width: "minmax(120px, 1.3fr)", wide: true },
      cell: (row) => row.external_references.map(({ key, value }) => `${key}: ${value}`).join(", "),
    },
    {
      ...{ key: "channels", title: t("fields.channels"), width: "minmax(100px, 1fr)", wide: true },
      cell: (row) => <States states={row.publications} />,
    },
  ];
}

function Search({
  asked,
  change,
}: {
  asked: typeof NOTHING | Record<keyof typeof NOTHING, string>;
  change: (changes: Partial<Record<keyof typeof NOTHING, string>>) => void;
}) {
  const { t } = useTranslation("messages");
  const [, navigate] = useLocation();
  const [party, setParty] = useState(asked.party);
  const [reference, setReference] = useState(asked.reference);
  const [id, setId] = useState("");
  const [wrong, setWrong] = useState<Record<string, string>>({});
  useEffect(() => setWrong({}), [party, reference, id]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const [p, r, i] = [party.trim(), reference.trim(), id.trim()];
    const errors = {
      ...(p !== "" && !isUuid(p) && { party: t("search.notUuid") }),
      ...(i !== "" && !isUuid(i) && { id: t("search.notUuid") }),
      ...(r !== "" && !/^[^:]{3,128}:.{3,128}$/.test(r) && { reference: t("search.notReference") }),
      ...(p !== "" && r !== "" && { reference: t("search.oneOf") }),
    };
    setWrong(errors);
    if (Object.keys(errors).length > 0) return;
    if (i !== "") navigate(`/messages/${i}`);
    else change({ party: p, reference: r });
  };
  return (
    <form role="search" aria-label={t("search.label")} onSubmit={submit} noValidate>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
        <TextInput
          label={t("fields.party")}
          placeholder="81471222-5798-11e9-ae24-57fa13b361e1"
          value={party}
          error={wrong["party"]}
          onChange={(event) => setParty(event.currentTarget.value)}
        />
        <TextInput
          label={t("search.reference")}
          placeholder="flowInstanceId:356434"
          value={reference}
          error={wrong["reference"]}
          onChange={(event) => setReference(event.currentTarget.value)}
        />
        <TextInput
          label={t("search.id")}
          value={id}
          error={wrong["id"]}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        <Group align="flex-start" mt={{ base: 0, xs: 25 }}>
          <Button type="submit" variant="default">
            {t("search.go")}
          </Button>
          {(asked.party !== "" || asked.reference !== "") && (
            <Button variant="subtle" color="gray" onClick={() => change(NOTHING)}>
              {t("list.all")}
            </Button>
          )}
        </Group>
      </SimpleGrid>
    </form>
  );
}

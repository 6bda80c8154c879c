/** One record: what it says, what became of it, and how to change or remove it. */
import { Button, Group, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconEdit, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { CodeBox } from "../../parts/CodeBox.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { useDo } from "../../parts/useDo.ts";
import { type RecordType, right } from "../../parts/useTypes.ts";
import { useUrlState } from "../../url-state.ts";
import { Edit } from "./Edit.tsx";
import { Fields } from "./Fields.tsx";
import { History } from "./History.tsx";
import { readRecord, recordKey, recordsKey, removeRecord, type Seen } from "./records.ts";

export function RecordPage({ type }: { type: RecordType }) {
  const { t } = useTranslation("data");
  const [{ id, edit }, change] = useUrlState({ id: "", edit: "" });
  const query = useQuery({
    queryKey: recordKey(type.name, id),
    queryFn: ({ signal }) => readRecord(type, id, signal),
  });
  const editing = edit !== "" && right(type, "write") !== undefined;
  return (
    <PageFrame
      title={t("record.title", { object: type.object, id })}
      above={[
        { title: t("common:pages.data"), to: "/data" },
        { title: type.name, to: `/data/${type.name}` },
      ]}
      actions={
        !editing && query.data && <Actions type={type} seen={query.data} edit={() => change({ edit: "1" })} />
      }
    >
      <Queried query={query}>
        {(seen) =>
          editing ? (
            <Edit
              // Another version is another form.
              key={seen.etag}
              type={type}
              seen={seen}
              close={() => change({ edit: "" }, { replace: true })}
              reload={() => void query.refetch()}
            />
          ) : (
            <Shown type={type} seen={seen} />
          )
        }
      </Queried>
    </PageFrame>
  );
}

function Actions({ type, seen, edit }: { type: RecordType; seen: Seen; edit: () => void }) {
  const { t } = useTranslation("data");
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const remove = useDo(() => removeRecord(type, seen), {
    done: () => t("record.removed", { object: type.object, id: seen.record.id }),
    changes: [recordsKey(type.name)],
    quiet: true,
  });
  return (
    <>
      {right(type, "delete") && (
        <Button
          variant="default"
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={() => setAsking(true)}
        >
          {t("record.remove")}
        </Button>
      )}
      {right(type, "write") && (
        <Button leftSection={<IconEdit size={16} aria-hidden />} onClick={edit}>
          {t("record.edit")}
        </Button>
      )}
      <Confirm
        question={
          asking
            ? {
                title: t("record.removeTitle", { object: type.object, id: seen.record.id }),
                text: t("record.removeText"),
                action: t("record.remove"),
              }
            : undefined
        }
        run={async () => {
          await remove.mutateAsync(undefined);
          navigate(`/data/${type.name}`);
        }}
        close={() => setAsking(false)}
      />
    </>
  );
}

function Shown({ type, seen }: { type: RecordType; seen: Seen }) {
  const { t } = useTranslation("data");
  const [{ tab }, change] = useUrlState({ id: "", tab: "fields" });
  return (
    <Tabs
      value={tab}
      onChange={(next) => change({ tab: next ?? "fields" }, { replace: true })}
      keepMounted={false}
    >
      <Tabs.List mb="md">
        <Tabs.Tab value="fields">{t("record.fields")}</Tabs.Tab>
        <Tabs.Tab value="history">{t("record.history")}</Tabs.Tab>
        <Tabs.Tab value="json">JSON</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="fields">
        <Fields type={type} record={seen.record} />
      </Tabs.Panel>
      <Tabs.Panel value="history">
        <History type={type} record={seen.record} />
      </Tabs.Panel>
      <Tabs.Panel value="json">
        <Group grow>
          <CodeBox text={JSON.stringify(seen.record, null, 2)} label="JSON" height={640} />
        </Group>
      </Tabs.Panel>
    </Tabs>
  );
}

/** The records of a type: a table by its schema, with its filters, its order and its text search. */
import { Button, Group } from "@mantine/core";
import { IconDownload, IconPlus, IconUpload } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { useFormats } from "../../format.ts";
import { DataTable } from "../../parts/DataTable.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Empty } from "../../parts/states.tsx";
import { type RecordType, right } from "../../parts/useTypes.ts";
import { useList } from "../../parts/useList.ts";
import { useUrlState } from "../../url-state.ts";
import { columnsOf } from "./columns.tsx";
import { type Asked, askedOf, emptyQuestion, isAsked, RecordFilters } from "./RecordFilters.tsx";
import { type RecordOut, recordPage, recordsKey } from "./records.ts";

export function Records({ type }: { type: RecordType }) {
  const { t } = useTranslation("data");
  const format = useFormats();
  const [, navigate] = useLocation();
  const [state, change] = useUrlState(emptyQuestion(type));
  const asked: Asked = state;
  const query = useList<RecordOut>(recordsKey(type.name), `/api/v1/${type.name}`, askedOf(type, asked));
  const columns = useMemo(() => columnsOf(type, t, format), [type, t, format]);
  const mayWrite = right(type, "write") !== undefined;
  const here = `/data/${type.name}`;
  // What the list is filtered by the file is, too.
  const chosen = new URLSearchParams(
    Object.entries(asked).filter(([name, value]) => name.startsWith("filter.") && value !== ""),
  );
  const create = (
    <Button component={Link} href={`${here}/new`} leftSection={<IconPlus size={16} aria-hidden />}>
      {t("records.create")}
    </Button>
  );
  return (
    <PageFrame
      title={type.name}
      lead={type.description === "" ? undefined : type.description}
      above={[{ title: t("common:pages.data"), to: "/data" }]}
      actions={
        <>
          <Button
            component={Link}
            href={`${here}/export?${chosen}`}
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            {t("records.export")}
          </Button>
          {mayWrite && (
            <Button
              component={Link}
              href={`${here}/import`}
              variant="default"
              leftSection={<IconUpload size={16} aria-hidden />}
            >
              {t("records.import")}
            </Button>
          )}
          {mayWrite && create}
        </>
      }
    >
      <RecordFilters type={type} asked={asked} change={change} />
      <DataTable
        query={query}
        columns={columns}
        rowKey={({ id }) => String(id)}
        label={type.name}
        onOpen={({ id }) => navigate(recordPage(type.name, id))}
        empty={
          isAsked(type, asked) ? (
            <Empty
              title={t("records.nothing")}
              text={t("records.nothingText")}
              action={
                <Button variant="default" onClick={() => change(emptyQuestion(type))}>
                  {t("records.clear")}
                </Button>
              }
            />
          ) : (
            <Empty
              title={t("records.empty")}
              text={mayWrite ? t("records.emptyText") : undefined}
              action={mayWrite && <Group>{create}</Group>}
            />
          )
        }
      />
    </PageFrame>
  );
}

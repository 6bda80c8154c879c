/** A file into a type: its first rows, which column is which field, a check of every row, and then the import. */
import { Alert, Button, FileInput, Group, Progress, Select, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconFileUpload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { PageFrame } from "../../../parts/PageFrame.tsx";
import { Confirm } from "../../../parts/confirm.tsx";
import { Section } from "../../../parts/Section.tsx";
import { Failure } from "../../../parts/states.tsx";
import { type RecordType, right } from "../../../parts/useTypes.ts";
import { useUrlState } from "../../../url-state.ts";
import { recordsKey } from "../records.ts";
import { Columns } from "./Columns.tsx";
import { guess, type Mapping } from "./mapping.ts";
import { Options, type Order, START } from "./Options.tsx";
import { type Encoding, ENCODINGS, type Preview, previewOf } from "./preview.ts";
import { Result } from "./Result.tsx";
import { upload } from "./upload.ts";

const TYPES = { csv: "text/csv", ndjson: "application/x-ndjson", json: "application/json" };

export function Import({ type }: { type: RecordType }) {
  const { t } = useTranslation("data");
  const queries = useQueryClient();
  // What has begun goes on by itself: a page that is loaded anew follows it still.
  const [{ operation, check }, change] = useUrlState({ operation: "", check: "" });
  const [file, setFile] = useState<File | null>(null);
  const [preview, setPreview] = useState<Preview>();
  const [mapping, setMapping] = useState<Mapping>({});
  const [order, setOrder] = useState<Order>(START);
  const [sent, setSent] = useState<number>();
  const [error, setError] = useState<unknown>();
  const [asking, setAsking] = useState(false);
  const anew = () => change({ operation: "", check: "" }, { replace: true });
  const look = async (next: File | null, encoding?: Encoding) => {
    setFile(next);
    setError(undefined);
    anew();
    const found = next ? await previewOf(next, encoding) : undefined;
    setPreview(found);
    setMapping(found?.format === "csv" && !found.packed ? guess(type, found.columns) : {});
  };
  const start = async (mode: "check" | Order["mode"]) => {
    if (!file || !preview) return;
    setError(undefined);
    setSent(0);
    try {
      const path = `/api/v1/${type.name}/import?${queryOf(mode, order, preview, mapping)}`;
      const begun = await upload(path, file, TYPES[preview.format], setSent);
      change({ operation: begun.id, check: mode === "check" ? "1" : "" }, { replace: true });
    } catch (failure) {
      setError(failure);
    } finally {
      setSent(undefined);
    }
  };
  const settings =
    <Value,>(set: (value: Value) => void) =>
    (value: Value) => {
      set(value);
      anew();
    };
  const busy = sent !== undefined;
  const checked = operation !== "" && check !== "";
  return (
    <PageFrame
      title={t("import.title", { type: type.name })}
      lead={t("import.lead")}
      above={[
        { title: t("common:pages.data"), to: "/data" },
        { title: type.name, to: `/data/${type.name}` },
      ]}
    >
      <Stack maw={960}>
        <Section title={t("import.file")} text={t("import.fileText")}>
          <Group align="flex-end" grow preventGrowOverflow={false}>
            <FileInput
              label={t("import.choose")}
              placeholder={t("import.placeholder")}
              leftSection={<IconFileUpload size={16} aria-hidden />}
              value={file}
              onChange={(next) => void look(next)}
              clearable
              disabled={busy}
            />
            {preview?.format === "csv" && !preview.packed && (
              <Select
                label={t("import.encoding")}
                data={[...ENCODINGS]}
                value={preview.encoding}
                onChange={(encoding) => void look(file, encoding ?? undefined)}
              />
            )}
          </Group>
          {preview && file && (
            <Columns type={type} preview={preview} mapping={mapping} map={settings(setMapping)} />
          )}
        </Section>
        {file && (
          <Section title={t("import.how")}>
            <Options
              type={type}
              order={order}
              change={settings(setOrder)}
              mayReplace={right(type, "delete") !== undefined}
            />
            <Group justify="flex-end">
              <Button
                variant={checked ? "filled" : "default"}
                disabled={busy}
                onClick={() => (order.mode === "replace" ? setAsking(true) : void start("upsert"))}
              >
                {t("import.start")}
              </Button>
              <Button
                variant={checked ? "default" : "filled"}
                disabled={busy}
                onClick={() => void start("check")}
              >
                {t("import.check")}
              </Button>
            </Group>
            {busy && (
              <div role="status" aria-live="polite">
                <Text size="sm">{t("import.sending", { part: Math.round(sent * 100) })}</Text>
                <Progress value={sent * 100} aria-label={t("import.sendingFile")} />
              </div>
            )}
            {error !== undefined && <Failure error={error} />}
            <Confirm
              question={
                asking
                  ? {
                      title: t("import.replaceTitle", { type: type.name }),
                      text: t("import.replaceAsk", { type: type.name, file: file.name }),
                      action: t("import.replace"),
                      name: type.name,
                    }
                  : undefined
              }
              // What goes wrong is told where the file is.
              run={() => Promise.resolve(void start("replace"))}
              close={() => setAsking(false)}
            />
          </Section>
        )}
        {operation !== "" && (
          <Section title={check === "" ? t("import.result") : t("import.checkResult")}>
            {check !== "" && <Alert color="koppla">{t("import.checkText")}</Alert>}
            <Result
              key={operation}
              id={operation}
              ended={() => void queries.invalidateQueries({ queryKey: recordsKey(type.name) })}
            />
          </Section>
        )}
      </Stack>
    </PageFrame>
  );
}

function queryOf(
  mode: "check" | Order["mode"],
  { onError, parent }: Order,
  { format, packed, encoding, delimiter }: Preview,
  mapping: Mapping,
): URLSearchParams {
  const query = new URLSearchParams({ format, mode, on_error: mode === "check" ? "skip" : onError });
  if (parent.trim() !== "") query.set("parent", parent.trim());
  if (format === "csv" && !packed) {
    query.set("encoding", encoding);
    query.set("delimiter", delimiter === "\t" ? "tab" : delimiter);
    query.set("map", JSON.stringify(mapping));
  }
  return query;
}

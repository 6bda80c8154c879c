/** A new record. */
import { Button, Group, Paper, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { ApiError } from "../../api/errors.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { SchemaForm, useSchemaForm } from "../../parts/schema-form/SchemaForm.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import type { RecordType } from "../../parts/useTypes.ts";
import { writableOf } from "./Edit.tsx";
import { createRecord, recordPage, recordsKey } from "./records.ts";

export function Create({ type }: { type: RecordType }) {
  const { t } = useTranslation("data");
  const [, navigate] = useLocation();
  const [id, setId] = useState("");
  const [idError, setIdError] = useState<string>();
  const [error, setError] = useState<unknown>();
  const form = useSchemaForm(type.schema, {});
  const create = useDo(() => createRecord(type, id, form.values), {
    done: (record) => t("record.created", { object: type.object, id: record.id }),
    changes: [recordsKey(type.name)],
    quiet: true,
  });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    setIdError(undefined);
    if (!form.check()) return;
    try {
      const record = await create.mutateAsync(undefined);
      navigate(recordPage(type.name, record.id), { replace: true });
    } catch (failure) {
      const ofId = failure instanceof ApiError && failure.violations.find(({ field }) => field === "id");
      if (ofId) setIdError(ofId.message);
      else if (!form.refused(failure)) setError(failure);
    }
  };
  return (
    <PageFrame
      title={t("record.new", { object: type.object })}
      above={[
        { title: t("common:pages.data"), to: "/data" },
        { title: type.name, to: `/data/${type.name}` },
      ]}
    >
      <Paper withBorder p="md" maw={760}>
        <form onSubmit={(event) => void submit(event)} noValidate>
          <Stack>
            <TextInput
              label="id"
              description={t(`record.idText.${type.key}`)}
              value={id}
              error={idError}
              inputMode={type.key === "integer" ? "numeric" : "text"}
              withAsterisk={type.key === "string"}
              onChange={(event) => setId(event.currentTarget.value)}
            />
            <SchemaForm form={form} hidden={["id"]} only={writableOf(type)} />
            {error !== undefined && <Failure error={error} />}
            <Group justify="flex-end">
              <Button variant="default" component={Link} href={`/data/${type.name}`}>
                {t("common:confirm.cancel")}
              </Button>
              <Button type="submit" loading={create.isPending}>
                {t("record.create")}
              </Button>
            </Group>
          </Stack>
        </form>
      </Paper>
    </PageFrame>
  );
}

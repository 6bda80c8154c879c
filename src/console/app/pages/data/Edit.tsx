/** A record, to be changed by a form of its schema. */
import { Button, Group, Paper, Stack } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { ApiError } from "../../api/errors.ts";
import { SchemaForm, useSchemaForm } from "../../parts/schema-form/SchemaForm.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { type RecordType, right } from "../../parts/useTypes.ts";
import { changeRecord, dataOf, recordKey, recordsKey, type Seen } from "./records.ts";

export function Edit({
  type,
  seen,
  close,
  reload,
}: {
  type: RecordType;
  seen: Seen;
  close: () => void;
  reload: () => void;
}) {
  const { t } = useTranslation("data");
  const [error, setError] = useState<unknown>();
  const form = useSchemaForm(type.schema, dataOf(seen.record));
  const save = useDo(() => changeRecord(type, seen, form.values), {
    done: () => t("record.saved", { object: type.object, id: seen.record.id }),
    changes: [recordsKey(type.name), recordKey(type.name, String(seen.record.id))],
    quiet: true,
  });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    if (!form.check()) return;
    try {
      await save.mutateAsync(undefined);
      close();
    } catch (failure) {
      if (!form.refused(failure)) setError(failure);
    }
  };
  const writable = writableOf(type);
  return (
    <Paper withBorder p="md" maw={760}>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack>
          <SchemaForm form={form} hidden={["id"]} only={writable} />
          {error !== undefined && (
            <Failure
              error={error}
              retry={error instanceof ApiError && error.status === 412 ? reload : undefined}
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close} disabled={save.isPending}>
              {t("common:confirm.cancel")}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t("record.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}

/** The fields that one may write; undefined: all. */
export function writableOf(type: RecordType): readonly string[] | undefined {
  const fields = right(type, "write")?.fields ?? [];
  return fields === "all" ? undefined : fields;
}

import { Radio, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { RecordType } from "../../../parts/useTypes.ts";

/** How a file is taken. */
export interface Order {
  mode: "upsert" | "replace";
  onError: "stop" | "skip";
  /** The id of the parent whose records they are; empty: of none, or each says itself. */
  parent: string;
}

export const START: Order = { mode: "upsert", onError: "stop", parent: "" };

export function Options({
  type,
  order,
  change,
  mayReplace,
}: {
  type: RecordType;
  order: Order;
  change: (order: Order) => void;
  mayReplace: boolean;
}) {
  const { t } = useTranslation("data");
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Radio.Group
        label={t("import.mode")}
        value={order.mode}
        onChange={(mode) => change({ ...order, mode: mode === "replace" ? "replace" : "upsert" })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="upsert" label={t("import.upsert")} description={t("import.upsertText")} />
          {mayReplace && (
            <Radio value="replace" label={t("import.replace")} description={t("import.replaceText")} />
          )}
        </Stack>
      </Radio.Group>
      <Radio.Group
        label={t("import.onError")}
        value={order.onError}
        onChange={(onError) => change({ ...order, onError: onError === "skip" ? "skip" : "stop" })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="stop" label={t("import.stop")} description={t("import.stopText")} />
          <Radio value="skip" label={t("import.skip")} description={t("import.skipText")} />
        </Stack>
      </Radio.Group>
      {type.parent && (
        <TextInput
          label={t("import.parent", { type: type.parent.type })}
          description={t("import.parentText")}
          value={order.parent}
          onChange={(event) => change({ ...order, parent: event.currentTarget.value })}
        />
      )}
    </SimpleGrid>
  );
}

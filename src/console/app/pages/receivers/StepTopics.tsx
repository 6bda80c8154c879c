import { Radio, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { ContentFilter } from "./ContentFilter.tsx";
import type { ReceiverOptions } from "./data.ts";
import type { Form } from "./form.ts";
import { TopicTree } from "./TopicTree.tsx";

/** What it is told of: topics, which records of them, and whether also of those that there are already. */
export function StepTopics({
  form,
  options,
  fresh,
}: {
  form: Form;
  options: ReceiverOptions;
  fresh: boolean;
}) {
  const { t } = useTranslation("receivers");
  const { error, value, onChange } = form.getInputProps("topics");
  return (
    <Stack gap="lg">
      <TopicTree options={options} value={value} onChange={onChange} error={error} />
      <ContentFilter form={form} options={options} />
      {fresh && (
        <Radio.Group label={t("fields.start")} {...form.getInputProps("start")}>
          <Stack gap="xs" mt={6}>
            <Radio value="now" label={t("start.now")} />
            <Radio value="beginning" label={t("start.beginning")} />
          </Stack>
        </Radio.Group>
      )}
    </Stack>
  );
}

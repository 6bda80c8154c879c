/** When it is told, and what happens when it fails. */
import {
  Alert,
  Checkbox,
  Fieldset,
  Group,
  NumberInput,
  Radio,
  Select,
  SimpleGrid,
  Stack,
  TextInput,
} from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { ReceiverOptions } from "./data.ts";
import { type Form, OWN_SCHEDULE } from "./form.ts";
import { useWords } from "./words.ts";

/** @param fresh  it has yet to be made */
export function StepSending({
  form,
  options,
  fresh,
}: {
  form: Form;
  options: ReceiverOptions;
  fresh: boolean;
}) {
  const { t } = useTranslation("receivers");
  const words = useWords();
  const { quiet, longest, size, format, retry, steps, then, rated } = form.getValues();
  const schedules = options.retry_schedules.map(({ name }) => ({ value: name, label: name }));
  const own = { steps: steps.split(/[\s,]+/).filter((step) => step !== ""), then };
  return (
    <Stack>
      <Fieldset legend={t("sending.bundle")}>
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <TextInput
            label={t("sending.quiet")}
            description={t("sending.duration")}
            {...form.getInputProps("quiet")}
          />
          <TextInput
            label={t("sending.longest")}
            description={t("sending.duration")}
            {...form.getInputProps("longest")}
          />
          <NumberInput
            label={t("sending.size")}
            description={t("sending.changes")}
            min={1}
            max={10_000}
            allowDecimal={false}
            {...form.getInputProps("size")}
          />
        </SimpleGrid>
        <Alert mt="sm" color="gray" role="status">
          {words.bundle({ quiet, longest, size }, format)}
        </Alert>
      </Fieldset>
      <Fieldset legend={t("sending.retry")}>
        <Stack gap="sm">
          <Select
            label={t("sending.schedule")}
            data={[...schedules, { value: OWN_SCHEDULE, label: t("sending.own") }]}
            {...form.getInputProps("retry")}
          />
          {retry === OWN_SCHEDULE && (
            <Group align="flex-start">
              <TextInput
                label={t("sending.steps")}
                description={t("sending.stepsText")}
                style={{ flex: 1, minWidth: 200 }}
                {...form.getInputProps("steps")}
              />
              <Radio.Group label={t("sending.then")} {...form.getInputProps("then")}>
                <Stack gap={6} mt={6}>
                  <Radio value="fail" label={t("sending.giveUp")} />
                  <Radio value="repeat" label={t("sending.repeat")} />
                </Stack>
              </Radio.Group>
            </Group>
          )}
          <Alert color="gray" role="status">
            {retry === OWN_SCHEDULE ? words.schedule(own) : words.retry(retry as "table", options)}
          </Alert>
        </Stack>
      </Fieldset>
      <Checkbox
        label={t("sending.ordered")}
        description={t("sending.orderedText")}
        {...form.getInputProps("ordered", { type: "checkbox" })}
      />
      <Checkbox label={t("sending.rated")} {...form.getInputProps("rated", { type: "checkbox" })} />
      {rated && (
        <Group align="flex-start" pl="lg">
          <NumberInput
            label={t("sending.requests")}
            min={1}
            max={100_000}
            allowDecimal={false}
            {...form.getInputProps("rate_requests")}
          />
          <TextInput label={t("sending.window")} {...form.getInputProps("rate_window")} />
        </Group>
      )}
      <Radio.Group label={t("sending.whileDisabled")} {...form.getInputProps("while_disabled")}>
        <Stack gap="xs" mt={6}>
          <Radio value="keep" label={t("sending.keep")} />
          <Radio value="drop" label={t("sending.drop")} />
        </Stack>
      </Radio.Group>
      <TextInput
        type="email"
        label={t("sending.contact")}
        description={t("sending.contactText")}
        {...form.getInputProps("contact")}
      />
      {fresh && (
        <Checkbox
          label={t("sending.enabled")}
          description={t("sending.enabledText")}
          {...form.getInputProps("enabled", { type: "checkbox" })}
        />
      )}
    </Stack>
  );
}

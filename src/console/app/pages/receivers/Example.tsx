import { Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { serverUrl } from "../../base.ts";
import { CodeBox } from "../../parts/CodeBox.tsx";
import { useSession } from "../../session.tsx";
import type { ReceiverOptions } from "./data.ts";
import { exampleOf } from "./example.ts";
import type { ReceiverForm } from "./form.ts";

/** A request as the receiver will get it; it changes with what is chosen. */
export function Example({ form, options }: { form: ReceiverForm; options: ReceiverOptions }) {
  const { t } = useTranslation("receivers");
  const { organisation } = useSession();
  const { line, headers, body } = exampleOf(form, {
    ...{ options, serverUrl: serverUrl(), organisation: organisation.code, now: new Date() },
  });
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return (
    <Stack gap="xs">
      <Title order={2}>{t("example.title")}</Title>
      <Text size="sm" c="dimmed">
        {t("example.text")}
      </Text>
      <CodeBox
        text={[line, ...head, "", JSON.stringify(body, null, 2)].join("\n")}
        label={t("example.title")}
        height={640}
        wrap
      />
    </Stack>
  );
}

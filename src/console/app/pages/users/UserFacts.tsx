import { Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../../api/client.ts";
import { When } from "../../parts/When.tsx";

export function UserFacts({ user }: { user: Schemas["User"] }) {
  const { t } = useTranslation("users");
  const facts = [
    [t("columns.last"), user.last_login_at],
    [t("verified"), user.email_verified_at],
    [t("made"), user.created_at],
    [t("changed"), user.modified_at],
  ] as const;
  return (
    <Group gap="xl">
      {facts.map(([label, at]) => (
        <div key={label}>
          <Text size="xs" c="dimmed">
            {label}
          </Text>
          <Text size="sm" component="div">
            <When at={at} />
          </Text>
        </div>
      ))}
    </Group>
  );
}

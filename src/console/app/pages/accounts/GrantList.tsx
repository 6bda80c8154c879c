import { List, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Grant } from "./data.ts";
import { useGrantWords } from "./words.ts";

/** What an account may do, a sentence for each grant. @param data  whether they are of data alone */
export function GrantList({ grants, data = false }: { grants: readonly Grant[]; data?: boolean }) {
  const { t } = useTranslation("accounts");
  const words = useGrantWords();
  if (grants.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("grant.none")}
      </Text>
    );
  }
  return (
    <List size="sm" spacing={4}>
      {grants.map((grant) => (
        <List.Item key={JSON.stringify(grant)} style={{ overflowWrap: "anywhere" }}>
          {words.grant(grant, data)}
        </List.Item>
      ))}
    </List>
  );
}

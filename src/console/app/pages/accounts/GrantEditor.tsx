/** Builds grants: a card for each, with what it comes to in a sentence. */
import { Button, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Resource } from "./data.ts";
import { GrantFields } from "./GrantFields.tsx";
import { type GrantCard, newCard } from "./grants.ts";

export function GrantEditor({
  resources,
  value,
  onChange,
  error,
  data = false,
}: {
  resources: readonly Resource[];
  value: GrantCard[];
  onChange: (cards: GrantCard[]) => void;
  error?: ReactNode;
  /** Only of data: read, write, delete. */
  data?: boolean;
}) {
  const { t } = useTranslation("accounts");
  return (
    <Stack>
      {value.map((card, index) => (
        <GrantFields
          key={card.key}
          card={card}
          number={index + 1}
          resources={resources}
          data={data}
          change={(next) => onChange(value.map((one) => (one.key === card.key ? next : one)))}
          remove={() => onChange(value.filter((one) => one.key !== card.key))}
        />
      ))}
      <Button
        variant="default"
        leftSection={<IconPlus size={16} aria-hidden />}
        onClick={() => onChange([...value, newCard()])}
        style={{ alignSelf: "flex-start" }}
      >
        {t("grants.add")}
      </Button>
      {error !== undefined && error !== null && (
        <Text size="sm" c="error" role="alert">
          {error}
        </Text>
      )}
    </Stack>
  );
}

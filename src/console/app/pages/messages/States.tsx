import { Badge, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { PublicationState } from "./message.ts";

const COLORS = { pending: "blue", published: "teal", failed: "red", unknown: "orange" } as const;

/** How it stands with the channels of a message. */
export function States({ states }: { states: readonly PublicationState[] | undefined }) {
  const { t } = useTranslation("messages");
  if (!states || states.length === 0) return "–";
  return (
    <Group gap={4}>
      {states.map(({ channel, state }) => (
        <Badge key={channel} color={COLORS[state]} tt="none">
          {channel}: {t(`states.${state}`)}
        </Badge>
      ))}
    </Group>
  );
}

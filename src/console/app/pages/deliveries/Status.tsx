import { Badge } from "@mantine/core";
import { IconBan, IconCheck, IconClock, IconRefresh, IconSend, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Status as Name } from "./data.ts";

const LOOKS = {
  pending: { color: "gray", icon: IconClock },
  delivering: { color: "koppla", icon: IconSend },
  delivered: { color: "teal", icon: IconCheck },
  retrying: { color: "orange", icon: IconRefresh },
  failed: { color: "red", icon: IconX },
  cancelled: { color: "gray", icon: IconBan },
} as const;

/** A delivery's status: a word and a sign, not only a colour. */
export function Status({ status }: { status: Name }) {
  const { t } = useTranslation("deliveries");
  const { color, icon: Icon } = LOOKS[status];
  return (
    <Badge color={color} leftSection={<Icon size={12} aria-hidden />} tt="none">
      {t(`status.${status}`)}
    </Badge>
  );
}

import { Badge } from "@mantine/core";
import { IconCheck, IconClockOff, IconPlayerPause, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { State as Name } from "./data.ts";

const LOOKS = {
  active: { color: "teal", icon: IconCheck },
  expired: { color: "orange", icon: IconClockOff },
  disabled: { color: "gray", icon: IconPlayerPause },
  deleted: { color: "gray", icon: IconTrash },
} as const;

/** How an account stands: a word and a sign, not only a colour. */
export function State({ state }: { state: Name }) {
  const { t } = useTranslation("accounts");
  const { color, icon: Icon } = LOOKS[state];
  return (
    <Badge color={color} leftSection={<Icon size={12} aria-hidden />} tt="none">
      {t(`state.${state}`)}
    </Badge>
  );
}

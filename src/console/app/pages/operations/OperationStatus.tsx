import { Badge } from "@mantine/core";
import { IconCheck, IconPlayerPlay, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Operation } from "../../parts/OperationProgress.tsx";

const LOOKS = {
  IN_PROGRESS: { color: "koppla", icon: IconPlayerPlay },
  SUCCESS: { color: "teal", icon: IconCheck },
  ERROR: { color: "red", icon: IconX },
} as const;

/** How an operation stands: a word and a sign, not only a colour. */
export function OperationStatus({ status }: Pick<Operation, "status">) {
  const { t } = useTranslation("common");
  const { color, icon: Icon } = LOOKS[status];
  return (
    <Badge color={color} leftSection={<Icon size={12} aria-hidden />} tt="none">
      {t(`operation.status.${status}`)}
    </Badge>
  );
}

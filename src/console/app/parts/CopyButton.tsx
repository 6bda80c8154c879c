import { ActionIcon, Button, CopyButton as Copying, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** Copies a text. @param label  what is copied; with `text` it stands on the button */
export function CopyButton({
  value,
  label,
  text = false,
}: {
  value: string;
  label?: string;
  text?: boolean;
}) {
  const { t } = useTranslation("common");
  const name = label ?? t("copy.copy");
  return (
    <Copying value={value} timeout={1500}>
      {({ copied, copy }) => {
        const Icon = copied ? IconCheck : IconCopy;
        return text ? (
          <Button size="xs" variant="default" leftSection={<Icon size={14} aria-hidden />} onClick={copy}>
            {copied ? t("copy.copied") : name}
          </Button>
        ) : (
          <Tooltip label={copied ? t("copy.copied") : name}>
            <ActionIcon
              variant="subtle"
              color="gray"
              onClick={copy}
              aria-label={copied ? t("copy.copied") : name}
            >
              <Icon size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
        );
      }}
    </Copying>
  );
}

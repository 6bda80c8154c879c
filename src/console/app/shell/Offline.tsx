import { Alert } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconWifiOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** Says that there is no network; what is shown stays as it was. */
export function Offline() {
  const { t } = useTranslation("common");
  const { online } = useNetwork();
  return (
    <div role="status">
      {!online && (
        <Alert color="yellow" icon={<IconWifiOff aria-hidden />} title={t("offline.title")} mb="md">
          {t("offline.text")}
        </Alert>
      )}
    </div>
  );
}

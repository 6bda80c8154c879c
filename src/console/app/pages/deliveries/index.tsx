import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function DeliveriesPage() {
  const { t } = useTranslation("deliveries");
  return <PageFrame title={t("common:pages.deliveries")} />;
}

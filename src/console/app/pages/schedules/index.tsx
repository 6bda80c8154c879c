import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function SchedulesPage() {
  const { t } = useTranslation("schedules");
  return <PageFrame title={t("common:pages.schedules")} />;
}

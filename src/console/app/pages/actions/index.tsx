import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function ActionsPage() {
  const { t } = useTranslation("actions");
  return <PageFrame title={t("common:pages.actions")} />;
}

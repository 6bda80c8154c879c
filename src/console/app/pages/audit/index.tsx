import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function AuditPage() {
  const { t } = useTranslation("audit");
  return <PageFrame title={t("common:pages.audit")} />;
}

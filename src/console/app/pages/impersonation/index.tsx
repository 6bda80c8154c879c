import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function ImpersonationPage() {
  const { t } = useTranslation("impersonation");
  return <PageFrame title={t("common:pages.impersonation")} />;
}

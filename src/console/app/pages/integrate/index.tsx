import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function IntegratePage() {
  const { t } = useTranslation("integrate");
  return <PageFrame title={t("common:pages.integrate")} />;
}

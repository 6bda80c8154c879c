import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function DataPage() {
  const { t } = useTranslation("data");
  return <PageFrame title={t("common:pages.data")} />;
}

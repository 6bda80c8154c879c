import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function OperationsPage() {
  const { t } = useTranslation("operations");
  return <PageFrame title={t("common:pages.operations")} />;
}

import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function ReceiversPage() {
  const { t } = useTranslation("receivers");
  return <PageFrame title={t("common:pages.receivers")} />;
}

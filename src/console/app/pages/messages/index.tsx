import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function MessagesPage() {
  const { t } = useTranslation("messages");
  return <PageFrame title={t("common:pages.messages")} />;
}

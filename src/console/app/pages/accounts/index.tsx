import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function AccountsPage() {
  const { t } = useTranslation("accounts");
  return <PageFrame title={t("common:pages.accounts")} />;
}

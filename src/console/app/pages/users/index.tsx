import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function UsersPage() {
  const { t } = useTranslation("users");
  return <PageFrame title={t("common:pages.users")} />;
}

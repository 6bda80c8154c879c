import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function ProfilePage() {
  const { t } = useTranslation("profile");
  return <PageFrame title={t("common:pages.profile")} />;
}

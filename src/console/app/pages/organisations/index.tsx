import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function OrganisationsPage() {
  const { t } = useTranslation("organisations");
  return <PageFrame title={t("common:pages.organisations")} />;
}

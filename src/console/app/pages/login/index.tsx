/** Before there is a session: the login; `setup` and `portal` come with a token behind `#`, which no server's log sees. */
import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";

export default function LoginPage() {
  useTranslation("login");
  return <PageFrame title="Koppla" />;
}

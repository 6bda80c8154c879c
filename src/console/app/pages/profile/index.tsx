/** One's own account: name and language, password, one-time codes, and how long the session lasts. */
import { Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";
import { useSession } from "../../session.tsx";
import { Identity } from "./Identity.tsx";
import { Password } from "./Password.tsx";
import { SessionEnd } from "./SessionEnd.tsx";
import { Totp } from "./Totp.tsx";

export default function ProfilePage() {
  const { t } = useTranslation("profile");
  const { user } = useSession();
  return (
    <PageFrame title={t("common:pages.profile")}>
      {user && (
        <Stack maw={720}>
          <Identity user={user} />
          <Password username={user.username} />
          <Totp user={user} />
          <SessionEnd />
        </Stack>
      )}
    </PageFrame>
  );
}

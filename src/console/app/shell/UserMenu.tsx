import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { IconBook, IconLogout, IconUser } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { sendJson } from "../api/client.ts";
import { serverBase } from "../base.ts";
import { useSession, useSessionChange } from "../session.tsx";

/** Who is logged in, his own settings, and out. */
export function UserMenu() {
  const { t } = useTranslation("common");
  const { user, account } = useSession();
  const changed = useSessionChange();
  const [, navigate] = useLocation();
  const name = user?.name || user?.username || account?.name || "";
  const logOut = async () => {
    // Whatever the server says, here it is over.
    await sendJson("/api/v1/session", { method: "DELETE" }).catch(() => {});
    changed(null);
    navigate("/");
  };
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Tooltip label={name}>
          <ActionIcon variant="default" size="lg" aria-label={t("shell.you", { name })}>
            <IconUser size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name}</Menu.Label>
        {user && (
          <Menu.Item leftSection={<IconUser size={14} aria-hidden />} onClick={() => navigate("/profile")}>
            {t("pages.profile")}
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<IconBook size={14} aria-hidden />}
          component="a"
          href={`${serverBase}/docs`}
          target="_blank"
          rel="noopener"
        >
          {t("shell.docs")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={14} aria-hidden />} onClick={() => void logOut()}>
          {t("shell.logOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

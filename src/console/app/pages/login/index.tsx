/** Before there is a session: the login; `setup` and `portal` come with a token behind `#`, which no server's log sees. */
import { useQuery } from "@tanstack/react-query";
import { Anchor, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { sendJson } from "../../api/client.ts";
import { serverBase } from "../../base.ts";
import { useSessionChange } from "../../session.tsx";
import { rememberOrganisation, speakTo } from "./log-in.ts";
import { LoginForm } from "./LoginForm.tsx";
import { Portal } from "./Portal.tsx";
import { Setup } from "./Setup.tsx";
import { Sheet } from "./Sheet.tsx";

export default function LoginPage() {
  const [path] = useLocation();
  if (path === "/setup") return <Setup />;
  if (path === "/portal") return <Portal />;
  return <Login />;
}

function Login() {
  const { t } = useTranslation("login");
  const changed = useSessionChange();
  // Of a server that nobody looks after yet, one must know how to begin.
  const setup = useQuery({
    queryKey: ["setup"],
    queryFn: () => sendJson<{ needed: boolean }>("/api/v1/setup"),
    retry: false,
  });
  return (
    <Sheet title={t("title")}>
      {setup.data?.needed && (
        <Text size="sm" role="note">
          {t("setup.needed")}
        </Text>
      )}
      <LoginForm
        entered={(session, { organisation }) => {
          rememberOrganisation(organisation);
          void speakTo(session).finally(() => changed(session));
        }}
      />
      <Text size="xs" c="dimmed">
        {t("forMachines")}{" "}
        <Anchor href={`${serverBase}/docs`} size="xs" underline="always">
          {t("docs")}
        </Anchor>
      </Text>
    </Sheet>
  );
}

/** A partner comes with the link that an administrator has handed out. */
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconLinkOff } from "@tabler/icons-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { sendJson } from "../../api/client.ts";
import { ApiError } from "../../api/errors.ts";
import { Failure, Loading } from "../../parts/states.tsx";
import { type Session, useSessionChange, useSessionQuery } from "../../session.tsx";
import { forgetLinkToken, useLinkToken } from "./fragment.ts";
import { isRefused } from "./log-in.ts";
import { Sheet } from "./Sheet.tsx";

export function Portal() {
  const { t } = useTranslation("login");
  const token = useLinkToken();
  const { data: present } = useSessionQuery();
  const changed = useSessionChange();
  const [, navigate] = useLocation();
  const [error, setError] = useState<unknown>();
  const tried = useRef("");
  const open = useCallback(async () => {
    setError(undefined);
    try {
      const session = await sendJson<Session>("/api/v1/session/portal", { method: "POST", json: { token } });
      forgetLinkToken();
      changed(session);
      navigate("/", { replace: true });
    } catch (failure) {
      setError(failure);
    }
  }, [token, changed, navigate]);
  // Nobody is logged out because somebody sent him a link: then he is asked first.
  const asks = Boolean(present);
  useEffect(() => {
    if (token === "" || asks || tried.current === token) return;
    tried.current = token;
    void open();
  }, [token, asks, open]);

  const away = () => navigate("/", { replace: true });
  if (token === "" || isRefused(error)) {
    return (
      <Sheet title={t("portal.title")}>
        <Alert color="yellow" icon={<IconLinkOff aria-hidden />} title={t("portal.invalid")} role="alert">
          {t("portal.invalidText")}
        </Alert>
        <Button variant="default" onClick={away}>
          {asks ? t("portal.stay") : t("toLogin")}
        </Button>
      </Sheet>
    );
  }
  if (error !== undefined) {
    return (
      <Sheet title={t("portal.title")}>
        <Failure error={error} retry={error instanceof ApiError ? () => void open() : undefined} />
      </Sheet>
    );
  }
  if (asks) {
    const name = present?.user?.username ?? present?.account?.name ?? "";
    return (
      <Sheet title={t("portal.title")}>
        <Stack>
          <Text size="sm">{t("portal.instead", { name })}</Text>
          <Button onClick={() => void open()}>{t("portal.open")}</Button>
          <Button variant="default" onClick={away}>
            {t("portal.stay")}
          </Button>
        </Stack>
      </Sheet>
    );
  }
  return (
    <Sheet title={t("portal.title")}>
      <Loading rows={3} />
    </Sheet>
  );
}

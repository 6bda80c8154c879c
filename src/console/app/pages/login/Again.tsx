/** The session has ended while one was at work: log in again, as the same person, and stay where one is. */
import { Button, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { sessionKey, useSession, useSessionChange } from "../../session.tsx";
import { LoginForm } from "./LoginForm.tsx";

export default function Again({ done }: { done: () => void }) {
  const { t } = useTranslation("login");
  const { user, organisation } = useSession();
  const queries = useQueryClient();
  const changed = useSessionChange();
  return (
    <Modal
      opened
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={t("common:session.ended")}
    >
      <Stack>
        <Text size="sm">{user ? t("common:session.endedText") : t("portal.ended")}</Text>
        {user && (
          <LoginForm
            known={{ organisation: organisation.code, username: user.username }}
            entered={(session) => {
              queries.setQueryData(sessionKey, session);
              // What failed meanwhile is asked for again; what was typed stays.
              void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
              done();
            }}
          />
        )}
        <Button variant={user ? "subtle" : "default"} onClick={() => changed(null)}>
          {t("someoneElse")}
        </Button>
      </Stack>
    </Modal>
  );
}

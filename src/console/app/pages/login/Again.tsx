/** The session has ended while one was at work: log in again, and stay where one is. */
import { Modal, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

export default function Again({ done: _done }: { done: () => void }) {
  const { t } = useTranslation("common");
  return (
    <Modal opened onClose={() => {}} withCloseButton={false} title={t("session.ended")}>
      <Text size="sm">{t("session.endedText")}</Text>
    </Modal>
  );
}

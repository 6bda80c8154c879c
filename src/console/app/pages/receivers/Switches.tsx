/** Switching a receiver off and on, and deleting it: each asks first, and says what stays. */
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { answer, api } from "../../api/client.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { useDo } from "../../parts/useDo.ts";
import { type DetailedReceiver, receiverKey, receiversKey } from "./data.ts";

interface Props {
  receiver: DetailedReceiver;
  opened: boolean;
  close: () => void;
}

export function SwitchReceiver({ receiver: { id, name, enabled, while_disabled }, opened, close }: Props) {
  const { t } = useTranslation("receivers");
  const toggle = useDo(
    () => {
      const receiver = api.api.v1.receivers({ id });
      return answer(enabled ? receiver.disable.post() : receiver.enable.post());
    },
    { quiet: true, changes: [receiverKey(id), receiversKey] },
  );
  const question = enabled
    ? {
        title: t("switch.disable", { name }),
        text: while_disabled === "keep" ? t("switch.disableKeep") : t("switch.disableDrop"),
        action: t("actions.disable"),
      }
    : {
        title: t("switch.enable", { name }),
        text: while_disabled === "keep" ? t("switch.enableKeep") : t("switch.enableDrop"),
        action: t("actions.enable"),
        color: "koppla",
      };
  return (
    <Confirm
      question={opened ? question : undefined}
      run={() => toggle.mutateAsync(undefined)}
      close={close}
    />
  );
}

export function DeleteReceiver({ receiver: { id, name, url }, opened, close }: Props) {
  const { t } = useTranslation("receivers");
  const [, navigate] = useLocation();
  const remove = useDo(() => answer(api.api.v1.receivers({ id }).delete()), {
    quiet: true,
    changes: [receiverKey(id), receiversKey],
    done: () => t("delete.done", { name }),
  });
  const question = {
    ...{ title: t("delete.title", { name }), text: t("delete.text", { name, url }) },
    ...{ action: t("actions.delete"), name },
  };
  return (
    <Confirm
      question={opened ? question : undefined}
      run={async () => {
        await remove.mutateAsync(undefined);
        navigate("/receivers");
      }}
      close={close}
    />
  );
}

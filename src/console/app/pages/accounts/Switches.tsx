/** Switching an account off and on, and deleting it: each asks first, and says what goes with it. */
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { answer, api } from "../../api/client.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { useDo } from "../../parts/useDo.ts";
import { type Account, accountKey, accountsKey } from "./data.ts";

interface Props {
  account: Account;
  opened: boolean;
  close: () => void;
}

export function SwitchAccount({ account: { id, name, enabled }, opened, close }: Props) {
  const { t } = useTranslation("accounts");
  const toggle = useDo(
    () => {
      const account = api.api.v1.accounts({ id });
      return answer(enabled ? account.disable.post() : account.enable.post());
    },
    { quiet: true, changes: [accountKey(id), accountsKey] },
  );
  const question = enabled
    ? { title: t("switch.disable", { name }), text: t("switch.disableText"), action: t("actions.disable") }
    : {
        ...{ title: t("switch.enable", { name }), text: t("switch.enableText") },
        ...{ action: t("actions.enable"), color: "koppla" },
      };
  return (
    <Confirm
      question={opened ? question : undefined}
      run={() => toggle.mutateAsync(undefined)}
      close={close}
    />
  );
}

export function DeleteAccount({ account: { id, name }, opened, close }: Props) {
  const { t } = useTranslation("accounts");
  const [, navigate] = useLocation();
  const remove = useDo(() => answer(api.api.v1.accounts({ id }).delete()), {
    quiet: true,
    changes: [accountKey(id), accountsKey],
    done: () => t("delete.done", { name }),
  });
  const question = {
    ...{ title: t("delete.title", { name }), text: t("delete.text", { name }) },
    ...{ action: t("actions.delete"), name },
  };
  return (
    <Confirm
      question={opened ? question : undefined}
      run={async () => {
        await remove.mutateAsync(undefined);
        navigate("/accounts");
      }}
      close={close}
    />
  );
}

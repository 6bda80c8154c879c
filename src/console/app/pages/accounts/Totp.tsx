/** Whether an account is asked for one-time codes; another secret for them, or none any more. */
import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { answer, api, type Schemas } from "../../api/client.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { useDo } from "../../parts/useDo.ts";
import { type Account, accountKey, accountsKey } from "./data.ts";
import { TotpSecret } from "./Secrets.tsx";

export function Totp({ account: { id, name, totp }, manage }: { account: Account; manage: boolean }) {
  const { t } = useTranslation("accounts");
  const [asked, setAsked] = useState<"set" | "remove">();
  const [shown, setShown] = useState<Schemas["TotpSecret"]>();
  const options = { quiet: true, changes: [accountKey(id), accountsKey] };
  const set = useDo(() => answer(api.api.v1.accounts({ id }).totp.post()), options);
  const remove = useDo(() => answer(api.api.v1.accounts({ id }).totp.delete()), options);
  const question =
    asked === "set"
      ? {
          ...{ title: t("totp.setTitle", { name }), color: "koppla", action: t("totp.set") },
          text: totp ? t("totp.replaceText") : t("totp.setText"),
        }
      : { title: t("totp.removeTitle", { name }), text: t("totp.removeText"), action: t("totp.remove") };
  return (
    <Stack gap="sm">
      <Text size="sm">{totp ? t("totp.on") : t("totp.off")}</Text>
      {manage && (
        <Group>
          <Button variant="default" onClick={() => setAsked("set")}>
            {totp ? t("totp.replace") : t("totp.set")}
          </Button>
          {totp && (
            <Button variant="default" color="red" onClick={() => setAsked("remove")}>
              {t("totp.remove")}
            </Button>
          )}
        </Group>
      )}
      <Confirm
        question={asked && question}
        run={async () => {
          if (asked === "set") setShown(await set.mutateAsync(undefined));
          else await remove.mutateAsync(undefined);
        }}
        close={() => setAsked(undefined)}
      />
      {shown && <Told totp={shown} close={() => setShown(undefined)} />}
    </Stack>
  );
}

function Told({ totp, close }: { totp: Schemas["TotpSecret"]; close: () => void }) {
  const { t } = useTranslation("accounts");
  const [stored, setStored] = useState(false);
  return (
    <Modal
      opened
      onClose={close}
      title={t("totp.new")}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <TotpSecret totp={totp} />
        <Checkbox
          label={t("made.stored")}
          checked={stored}
          onChange={(event) => setStored(event.currentTarget.checked)}
          data-autofocus
        />
        <Group justify="flex-end">
          <Button onClick={close} disabled={!stored}>
            {t("close")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

import { Alert, Button, Checkbox, Group, Modal, PasswordInput, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { answer, api } from "../../api/client.ts";
import { fieldErrors } from "../../parts/formErrors.ts";
import { Secret } from "../../parts/Secret.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { When } from "../../parts/When.tsx";
import { type DetailedReceiver, receiverKey } from "./data.ts";
import { useWords } from "./words.ts";

const overlaps = ["0s", "1h", "24h", "7d"] as const;

interface Props {
  receiver: DetailedReceiver;
  opened: boolean;
  close: () => void;
}

/** Gives a receiver a new secret, and shows it once. While both sign, closing needs a word that it was stored. */
export function RotateSecret({ receiver, opened, close }: Props) {
  const { t } = useTranslation("receivers");
  const [shown, setShown] = useState(false);
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("rotate.title", { name: receiver.name })}
      closeOnClickOutside={!shown}
      closeOnEscape={!shown}
      withCloseButton={!shown}
    >
      {opened && (
        <Asked receiver={receiver} close={() => (setShown(false), close())} told={() => setShown(true)} />
      )}
    </Modal>
  );
}

function Asked({ receiver: { id, signature }, close, told }: Omit<Props, "opened"> & { told: () => void }) {
  const { t } = useTranslation("receivers");
  const words = useWords();
  const [overlap, setOverlap] = useState<string>("24h");
  const [stored, setStored] = useState(false);
  const [own, setOwn] = useState("");
  const [key, setKey] = useState(false);
  const body = {
    overlap,
    ...(own.trim() !== "" && { secret: own.trim() }),
    ...(key && { signing_key: true }),
  };
  const rotate = useDo(() => answer(api.api.v1.receivers({ id })["rotate-secret"].post(body)), {
    quiet: true,
    changes: [receiverKey(id)],
  });
  const faults = fieldErrors(rotate.error, ["secret", "signing_key", "overlap"]);
  if (rotate.data) {
    return (
      <Stack>
        <Alert color="teal" role="status">
          {t("rotate.done")}
          {rotate.data.previous_until !== null && (
            <>
              {" "}
              {t("rotate.until")} <When at={rotate.data.previous_until} exact />
            </>
          )}
        </Alert>
        <Secret label={t("made.secret")} value={rotate.data.secret} />
        <Checkbox
          label={t("made.stored")}
          checked={stored}
          onChange={(event) => setStored(event.currentTarget.checked)}
        />
        <Group justify="flex-end">
          <Button onClick={close} disabled={!stored}>
            {t("test.close")}
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack>
      <Text size="sm">{t("rotate.text")}</Text>
      <Select
        label={t("rotate.overlap")}
        value={overlap}
        onChange={(value) => value !== null && setOverlap(value)}
        data={overlaps.map((one) => ({
          value: one,
          label: one === "0s" ? t("rotate.atOnce") : words.said(one),
        }))}
        data-autofocus
      />
      <PasswordInput
        label={t("signing.own")}
        description={t("signing.ownText")}
        placeholder="whsec_…"
        autoComplete="new-password"
        value={own}
        onChange={(event) => setOwn(event.currentTarget.value)}
        error={faults?.["secret"]}
      />
      {signature === "v1a" && (
        <Checkbox
          label={t("rotate.key")}
          checked={key}
          onChange={(event) => setKey(event.currentTarget.checked)}
        />
      )}
      {rotate.error !== null && faults?.["secret"] === undefined && <Failure error={rotate.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("common:confirm.cancel")}
        </Button>
        <Button loading={rotate.isPending} onClick={() => rotate.mutate(undefined, { onSuccess: told })}>
          {t("rotate.run")}
        </Button>
      </Group>
    </Stack>
  );
}

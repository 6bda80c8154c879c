/** What the organisation's password may be used for: data alone, of some types or of all. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fieldErrors } from "../../parts/formErrors.ts";
import { Queried } from "../../parts/Queried.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { type Resource, useAccountOptions } from "../accounts/data.ts";
import { GrantEditor } from "../accounts/GrantEditor.tsx";
import { cardOf, faultOf, grantOf } from "../accounts/grants.ts";
import { about, type Organisation, organisationsKey } from "./data.ts";

interface Props {
  organisation: Organisation;
  done: () => void;
}

export function PasswordGrants(props: Props) {
  const options = useAccountOptions();
  return (
    <Queried query={options}>
      {({ resources }) => <Fields {...props} types={resources.filter(({ kind }) => kind === "type")} />}
    </Queried>
  );
}

function Fields({ organisation, types, done }: Props & { types: readonly Resource[] }) {
  const { t } = useTranslation("organisations");
  const { t: words } = useTranslation("accounts");
  const { code, password_grants: grants } = organisation;
  const [cards, setCards] = useState(() => grants.map(cardOf));
  const [fault, setFault] = useState("");
  const save = useDo(
    () => {
      const given = cards.map((card) =>
        grantOf(
          card,
          types.find(({ name }) => name === card.resource),
        ),
      );
      return about<Organisation>(code, "", { method: "PATCH", json: { password_grants: given } });
    },
    { changes: [organisationsKey], done: () => t("saved"), quiet: true },
  );
  const submit = () => {
    // None at all is one's right: then the password is good for nothing.
    const found = cards.length === 0 ? undefined : faultOf(cards);
    setFault(found === undefined ? "" : words(`invalid.${found}`));
    if (found === undefined) save.mutate(undefined, { onSuccess: done });
  };
  const refused = fieldErrors(save.error, ["password_grants"])?.["password_grants"];
  const error = fault === "" ? refused : fault;
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t("password.mayText")}
      </Text>
      <GrantEditor resources={types} value={cards} onChange={setCards} error={error} data />
      {save.error !== null && refused === undefined && <Failure error={save.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={done}>
          {t("common:confirm.cancel")}
        </Button>
        <Button onClick={submit} loading={save.isPending}>
          {t("save")}
        </Button>
      </Group>
    </Stack>
  );
}

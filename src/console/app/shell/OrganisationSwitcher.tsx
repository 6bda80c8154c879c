import { Select, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { lookAt } from "../api/client.ts";
import { chooseOrganisation, useOrganisation } from "../organisation.ts";
import { sessionKey, useSession } from "../session.tsx";

/** The organisation that is looked at; for superadministrators, a choice. */
export function OrganisationSwitcher() {
  const { t } = useTranslation("common");
  const session = useSession();
  const here = useOrganisation(session);
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  if (session.organisations.length < 2) {
    return (
      <Text c="dimmed" truncate maw={240} miw={0}>
        {here.name}
      </Text>
    );
  }
  return (
    <Select
      size="xs"
      w={{ base: 130, sm: 220 }}
      miw={80}
      aria-label={t("shell.organisation")}
      searchable
      nothingFoundMessage={t("shell.noOrganisation")}
      value={here.code}
      data={session.organisations.map(({ code, name }) => ({ value: code, label: name }))}
      onChange={(code) => {
        if (code === null || code === here.code) return;
        lookAt(code === session.organisation.code ? undefined : code);
        // Nothing that was read of the other organisation is shown for a moment more.
        queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
        chooseOrganisation(code);
        navigate("/");
      }}
    />
  );
}

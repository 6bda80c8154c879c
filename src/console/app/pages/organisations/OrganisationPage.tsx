/** One organisation: its settings, and the password of the older API. */
import { Alert, Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { chooseOrganisation, useOrganisation } from "../../organisation.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Section } from "../../parts/Section.tsx";
import { useSession } from "../../session.tsx";
import { about, oneKey, type Organisation } from "./data.ts";
import { OrganisationForm } from "./OrganisationForm.tsx";
import { Password } from "./Password.tsx";

export function OrganisationPage({ code }: { code: string }) {
  const { t } = useTranslation("organisations");
  const session = useSession();
  const here = useOrganisation(session);
  const [, navigate] = useLocation();
  const query = useQuery({ queryKey: oneKey(code), queryFn: () => about<Organisation>(code) });
  const editable = session.can("organisations", "manage");
  const reachable = session.organisations.some((one) => one.code === code);
  return (
    <PageFrame
      title={query.data?.name ?? code}
      lead={t("codeIs", { code })}
      above={[{ title: t("common:pages.organisations"), to: "/organisations" }]}
      actions={
        here.code !== code &&
        reachable && (
          <Button
            variant="default"
            onClick={() => {
              chooseOrganisation(code);
              navigate("/");
            }}
          >
            {t("lookAt")}
          </Button>
        )
      }
    >
      <Queried query={query}>
        {(organisation) => (
          <Stack maw={720}>
            {!editable && <Alert color="gray">{t("readOnly")}</Alert>}
            {editable && organisation.provisioned && <Alert color="gray">{t("provisioned")}</Alert>}
            <Section title={t("settings")}>
              <OrganisationForm
                key={JSON.stringify(organisation)}
                organisation={organisation}
                readOnly={!editable || organisation.provisioned === true}
              />
            </Section>
            <Password organisation={organisation} readOnly={!editable} />
          </Stack>
        )}
      </Queried>
    </PageFrame>
  );
}

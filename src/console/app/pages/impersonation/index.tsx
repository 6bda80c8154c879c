/** In whose name API accounts may act: of each account that has the grant, its policies. */
import { Alert, Button, Modal, Select, Stack } from "@mantine/core";
import { IconPlus, IconUserShare } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Empty } from "../../parts/states.tsx";
import { useSession } from "../../session.tsx";
import { useUrlState } from "../../url-state.ts";
import { AccountPolicies } from "./AccountPolicies.tsx";
import { mayImpersonate, useAccounts } from "./data.ts";
import { PolicyForm } from "./PolicyForm.tsx";

/** Accounts whose policies are shown at once. */
const AT_ONCE = 50;

export default function ImpersonationPage() {
  const { t } = useTranslation("impersonation");
  const { can } = useSession();
  const query = useAccounts();
  const [{ account: chosen }, change] = useUrlState({ account: "" });
  const [adding, setAdding] = useState(false);
  const close = () => setAdding(false);
  return (
    <PageFrame
      title={t("common:pages.impersonation")}
      lead={t("lead")}
      actions={
        can("accounts", "manage") && (
          <Button
            leftSection={<IconPlus size={16} aria-hidden />}
            disabled={!query.data?.length}
            onClick={() => setAdding(true)}
          >
            {t("add")}
          </Button>
        )
      }
    >
      <Queried query={query}>
        {(accounts) => {
          const able = accounts.filter(mayImpersonate);
          const shown = chosen === "" ? able : accounts.filter(({ id }) => id === chosen);
          return (
            <Stack maw={900}>
              <Select
                label={t("account")}
                placeholder={t("allOfThem")}
                clearable
                clearButtonProps={{ "aria-label": t("allOfThem") }}
                searchable
                limit={100}
                maw={420}
                value={chosen || null}
                data={accounts.map(({ id, name }) => ({ value: id, label: name }))}
                onChange={(id) => change({ account: id ?? "" })}
              />
              {shown.length === 0 && <Empty icon={IconUserShare} title={t("empty")} text={t("emptyText")} />}
              {shown.slice(0, AT_ONCE).map((account) => (
                <AccountPolicies key={account.id} account={account} />
              ))}
              {shown.length > AT_ONCE && <Alert color="gray">{t("more")}</Alert>}
              <Modal opened={adding} onClose={close} title={t("add")} size="lg">
                <PolicyForm
                  accounts={accounts}
                  chosen={chosen}
                  done={(id) => {
                    close();
                    if (!able.some((account) => account.id === id)) change({ account: id });
                  }}
                />
              </Modal>
            </Stack>
          );
        }}
      </Queried>
    </PageFrame>
  );
}

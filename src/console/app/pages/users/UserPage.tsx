/** One user: what it is, to be changed where one may, and its ways in. */
import { Alert, Badge, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { answer, api } from "../../api/client.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { useSession } from "../../session.tsx";
import { Section } from "../../parts/Section.tsx";
import { EditUser } from "./EditUser.tsx";
import { useRoles } from "./roles.ts";
import { UserDanger } from "./UserDanger.tsx";
import { UserFacts } from "./UserFacts.tsx";
import { UserLogin } from "./UserLogin.tsx";

export function UserPage({ id }: { id: string }) {
  const { t } = useTranslation("users");
  const { can, user: own } = useSession();
  const query = useQuery({
    queryKey: ["users", "one", id],
    queryFn: () => answer(api.api.v1.users({ id }).get()),
  });
  const roles = useRoles();
  const above = [{ title: t("common:pages.users"), to: "/users" }];
  return (
    <PageFrame
      key={query.data?.username}
      title={query.data?.username ?? t("user")}
      above={above}
      lead={query.data?.name}
      actions={query.data && !query.data.enabled && <Badge color="gray">{t("state.disabled")}</Badge>}
    >
      <Queried query={query}>
        {(user) => {
          // Whoever is mightier than one is not to be touched; the API refuses it, too.
          const beyond = user.roles.some((name) =>
            roles.data?.some((role) => role.name === name && !role.may_give),
          );
          const provisioned = "provisioned" in user && user.provisioned === true;
          const manages = can("users", "manage");
          const editable = manages && !beyond;
          return (
            <Stack maw={720}>
              {manages && beyond && <Alert color="gray">{t("beyond")}</Alert>}
              {editable && provisioned && <Alert color="gray">{t("provisioned")}</Alert>}
              <UserFacts user={user} />
              <Section title={t("about")}>
                <EditUser key={user.modified_at} user={user} readOnly={!editable || provisioned} />
              </Section>
              {editable && <UserLogin user={user} />}
              {editable && !provisioned && own?.id !== user.id && <UserDanger user={user} />}
            </Stack>
          );
        }}
      </Queried>
    </PageFrame>
  );
}

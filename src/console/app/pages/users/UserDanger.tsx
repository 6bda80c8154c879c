/** Locking somebody out, and taking somebody away. */
import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { answer, api, type Schemas } from "../../api/client.ts";
import { Confirm, type Question } from "../../parts/confirm.tsx";
import { useDo } from "../../parts/useDo.ts";
import { Section } from "../../parts/Section.tsx";

const CHANGES = { changes: [["users"]], quiet: true };

export function UserDanger({ user: { id, username, enabled } }: { user: Schemas["User"] }) {
  const { t } = useTranslation("users");
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<"disable" | "delete">();
  const enable = useDo(() => answer(api.api.v1.users({ id }).enable.post()), {
    changes: [["users"]],
    done: () => t("enabled", { username }),
  });
  const disable = useDo(() => answer(api.api.v1.users({ id }).disable.post()), {
    ...CHANGES,
    done: () => t("disabled", { username }),
  });
  const remove = useDo(() => answer(api.api.v1.users({ id }).delete()), {
    quiet: true,
    changes: [["users", {}]],
    done: () => t("deleted", { username }),
  });
  const questions: Record<"disable" | "delete", Question> = {
    disable: {
      title: t("disable"),
      text: t("disableText", { username }),
      action: t("disableAction", { username }),
    },
    delete: {
      title: t("delete"),
      text: t("deleteText", { username }),
      action: t("deleteAction", { username }),
      name: username,
    },
  };
  const run = async () => {
    if (asked === "disable") return await disable.mutateAsync(undefined);
    await remove.mutateAsync(undefined);
    return navigate("/users", { replace: true });
  };
  return (
    <Section title={t("leaving")}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Text size="sm">{enabled ? t("disableShort") : t("enableShort")}</Text>
        {enabled ? (
          <Button variant="default" onClick={() => setAsked("disable")} style={{ flexShrink: 0 }}>
            {t("disable")}
          </Button>
        ) : (
          <Button
            variant="default"
            loading={enable.isPending}
            onClick={() => enable.mutate(undefined)}
            style={{ flexShrink: 0 }}
          >
            {t("enable")}
          </Button>
        )}
      </Group>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Text size="sm">{t("deleteShort")}</Text>
        <Button color="red" variant="outline" onClick={() => setAsked("delete")} style={{ flexShrink: 0 }}>
          {t("delete")}
        </Button>
      </Group>
      <Confirm question={asked && questions[asked]} run={run} close={() => setAsked(undefined)} />
    </Section>
  );
}

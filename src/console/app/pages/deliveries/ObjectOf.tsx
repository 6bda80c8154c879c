import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { Empty } from "../../parts/states.tsx";
import { useReceiverOptions } from "../receivers/data.ts";

/** An id was given, and not of what: the same id may be a training's and an institute's. */
export function ObjectOf({ id, choose }: { id: string; choose: (object: string) => void }) {
  const { t } = useTranslation("deliveries");
  const { data } = useReceiverOptions();
  const objects = [...new Set((data?.topics ?? []).map(({ object }) => object))];
  return (
    <Empty
      title={t("objectOf.title", { id })}
      text={t("objectOf.text")}
      action={
        <Group gap="xs" justify="center">
          {objects.map((object) => (
            <Button key={object} variant="default" size="xs" onClick={() => choose(object)}>
              {object}
            </Button>
          ))}
        </Group>
      }
    />
  );
}

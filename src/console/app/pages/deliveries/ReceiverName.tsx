import { Anchor, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useReceiverName } from "./data.ts";

/** A receiver by its name. @param link  whether it leads to the receiver */
export function ReceiverName({ id, link = false }: { id: string; link?: boolean }) {
  return <Named id={id} found={useReceiverName(id)} link={link} />;
}

/** The same, of one that is known already: rows of a long list do not each ask. */
export function Named({
  id,
  found,
  link = false,
}: {
  id: string;
  found: { name: string; deleted_at?: string } | undefined;
  link?: boolean;
}) {
  const { t } = useTranslation("deliveries");
  const name = found?.name ?? id;
  const gone = found?.deleted_at !== undefined && (
    <Text span c="dimmed" size="xs">
      {" "}
      {t("receiverGone")}
    </Text>
  );
  return (
    <>
      {link ? (
        <Anchor component={Link} href={`/receivers/${id}`} size="sm">
          {name}
        </Anchor>
      ) : (
        <span title={name}>{name}</span>
      )}
      {gone}
    </>
  );
}

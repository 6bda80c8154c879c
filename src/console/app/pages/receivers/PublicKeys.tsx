/** What the ed25519 signatures of a receiver's requests are checked with: no secret, to be handed to whoever checks. */
import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { answer, api } from "../../api/client.ts";
import { CopyButton } from "../../parts/CopyButton.tsx";
import { receiverKey } from "./data.ts";

export function PublicKeys({ id }: { id: string }) {
  const { t } = useTranslation("receivers");
  const { data } = useQuery({
    // With the receiver: a rotation makes another.
    queryKey: [...receiverKey(id), "public-key"],
    queryFn: () => answer(api.api.v1.receivers({ id })["public-key"].get()),
  });
  if (!data) return null;
  return (
    <Stack gap={2} mt={4}>
      {data.keys.map(({ key, pem }) => (
        <Group key={key} gap={4}>
          <Text size="xs" ff="monospace" style={{ overflowWrap: "anywhere" }}>
            {key}
          </Text>
          <CopyButton value={key} label={t("signing.copyKey")} />
          <CopyButton value={pem} label={t("signing.copyPem")} text />
        </Group>
      ))}
    </Stack>
  );
}

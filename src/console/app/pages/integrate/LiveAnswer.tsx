/** What the server says to the call, at this moment. */
import { Alert, Badge, Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { ApiError } from "../../api/errors.ts";
import { useFormats } from "../../format.ts";
import { CodeBox, pretty } from "../../parts/CodeBox.tsx";
import { Section } from "../../parts/Section.tsx";
import { Failure, Loading } from "../../parts/states.tsx";
import { type Call, type Choice, urlOf } from "./call.ts";
import { ask, askerOf, type Secrets } from "./live.ts";

export function LiveAnswer({ choice, call, secrets }: { choice: Choice; call: Call; secrets: Secrets }) {
  const { t } = useTranslation("integrate");
  const format = useFormats();
  const asker = askerOf(choice, secrets);
  // With somebody's secrets it is asked when he says so: each login counts, and a code is good once.
  const byHand = asker === "way" && choice.way !== "public";
  const query = useQuery({
    queryKey: ["integrate", choice.way, urlOf({ ...call, method: "GET" }), byHand],
    queryFn: ({ signal }) =>
      ask(choice, call, secrets, signal).catch((error: unknown) => {
        if (signal.aborted) throw error;
        throw new ApiError(0, "unreachable", "", "");
      }),
    enabled: !byHand,
    retry: false,
    gcTime: 0,
  });
  const { data } = query;
  return (
    <Section title={t("answer.title")} text={t(`answer.as.${asker === "session" ? "session" : choice.way}`)}>
      <Group justify="space-between">
        <Group gap="xs" role="status" aria-live="polite">
          {data && (
            <>
              <Badge color={data.status < 300 ? "teal" : "red"}>{data.status}</Badge>
              <Text size="sm" c="dimmed">
                {format.duration(data.ms)} · {format.bytes(new Blob([data.body]).size)} · {data.contentType}
              </Text>
            </>
          )}
        </Group>
        <Button
          variant={byHand && !data ? "filled" : "default"}
          size="xs"
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          loading={query.isFetching}
          onClick={() => void query.refetch()}
        >
          {t("answer.ask")}
        </Button>
      </Group>
      {query.isError && <Failure error={query.error} />}
      {data && <CodeBox text={pretty(data.body)} label={t("answer.title")} height={520} />}
      {!data && query.isFetching && <Loading rows={4} />}
      {!data && byHand && !query.isFetching && <Alert color="gray">{t("answer.byHand")}</Alert>}
    </Section>
  );
}

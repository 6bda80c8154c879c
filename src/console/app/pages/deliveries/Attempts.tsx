/** A delivery's attempts, the newest first, and when the next one is. */
import { Badge, Group, Stack, Text, Timeline } from "@mantine/core";
import { IconCheck, IconClock, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import { When } from "../../parts/When.tsx";
import type { Attempt, DeliveryItem } from "./data.ts";
import { Body } from "./Exchange.tsx";

export function Attempts({ delivery }: { delivery: DeliveryItem }) {
  const { t } = useTranslation("deliveries");
  const { attempts, next_attempt_at: next } = delivery;
  if (attempts.length === 0 && next === null) {
    return (
      <Text size="sm" c="dimmed">
        {t("attempts.none")}
      </Text>
    );
  }
  return (
    <Timeline active={attempts.length} bulletSize={22} lineWidth={2} aria-label={t("attempts.title")}>
      {next !== null && (
        <Timeline.Item
          bullet={<IconClock size={12} aria-hidden />}
          color="gray"
          lineVariant="dashed"
          title={
            <Text size="sm" fw={600}>
              {t("attempts.next")} <When at={next} />
            </Text>
          }
        />
      )}
      {attempts.toReversed().map((attempt) => (
        <One key={attempt.number} attempt={attempt} />
      ))}
    </Timeline>
  );
}

function One({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation("deliveries");
  const format = useFormats();
  const { number, at, duration_ms, status_code, error, detail, address, response_body } = attempt;
  const Icon = error === null ? IconCheck : IconX;
  return (
    <Timeline.Item
      bullet={<Icon size={12} aria-hidden />}
      color={error === null ? "teal" : "red"}
      title={
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {t("attempts.number", { number: format.number(number) })}
          </Text>
          <Outcome attempt={attempt} />
        </Group>
      }
    >
      <Stack gap={6}>
        <Text size="xs" c="dimmed">
          <When at={at} exact /> · {format.duration(duration_ms)}
          {address !== null && ` · ${address}`}
        </Text>
        {error !== null && (
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {t(`error.${error}`)}
            {detail !== null && detail !== "" && `: ${detail}`}
          </Text>
        )}
        {response_body !== null && response_body !== "" && (
          <Body
            text={response_body}
            label={
              status_code === null ? t("attempts.answer") : t("attempts.answerOf", { code: status_code })
            }
          />
        )}
      </Stack>
    </Timeline.Item>
  );
}

/** What the receiver answered, else what went wrong. */
function Outcome({ attempt: { status_code, error } }: { attempt: Attempt }) {
  const { t } = useTranslation("deliveries");
  const color = error === null ? "teal" : "red";
  const text = status_code === null ? (error === null ? t("status.delivered") : error) : String(status_code);
  return (
    <Badge color={color} tt="none">
      {text}
    </Badge>
  );
}

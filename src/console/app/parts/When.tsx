import { Text, Tooltip } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { useEffect, useState } from "react";

import { useFormats } from "../format.ts";

/** A time, relative to now; the exact one when pointed at. Nothing where there is none. */
export function When({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  const format = useFormats();
  const [, tick] = useState(0);
  const { start, stop } = useInterval(() => tick((count) => count + 1), 30_000);
  useEffect(() => (start(), stop), [start, stop]);
  if (!at)
    return (
      <Text span size="sm" c="dimmed">
        –
      </Text>
    );
  const whole = format.dateTime(at);
  return (
    <Tooltip label={exact ? format.relative(at) : whole}>
      <time dateTime={at}>{exact ? whole : format.relative(at)}</time>
    </Tooltip>
  );
}

/**
 * The attachments of a message. Shown are pictures and plain text alone, and those as what they are for certain: what
 * somebody outside has sent never becomes a page, and SVG and HTML are only ever saved.
 */
import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDownload, IconEye, IconEyeOff, IconFile } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { send } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { CodeBox } from "../../parts/CodeBox.tsx";
import { download } from "../../parts/download.ts";
import { Queried } from "../../parts/Queried.tsx";
import { Section } from "../../parts/Section.tsx";
import { useDo } from "../../parts/useDo.ts";
import { type Attachment, imageType, showable } from "./message.ts";

export function Attachments({
  messageId,
  attachments,
}: {
  messageId: string;
  attachments: readonly Attachment[];
}) {
  const { t } = useTranslation("messages");
  return (
    <Section title={t("attachments.title")}>
      <Stack component="ul" gap="xs" p={0} m={0} style={{ listStyle: "none" }}>
        {attachments.map((attachment) => (
          <li key={attachment.number}>
            <One messageId={messageId} attachment={attachment} />
          </li>
        ))}
      </Stack>
    </Section>
  );
}

const pathOf = (messageId: string, { number }: Attachment): string =>
  `/webmessages/${encodeURIComponent(messageId)}/attachments/${number}`;

function One({ messageId, attachment }: { messageId: string; attachment: Attachment }) {
  const { t } = useTranslation("messages");
  const format = useFormats();
  const [open, setOpen] = useState(false);
  const { file_name: name, mime_type, size } = attachment;
  const kind = showable(attachment);
  const saving = useDo(() => download(pathOf(messageId, attachment), name));
  return (
    <Paper withBorder p="sm">
      <Group justify="space-between" wrap="wrap" gap="sm">
        <Group gap="xs" wrap="nowrap" style={{ minWidth: 0, flex: "1 1 220px" }}>
          <IconFile size={20} stroke={1.5} aria-hidden style={{ flexShrink: 0 }} />
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={500} style={{ overflowWrap: "anywhere" }}>
              {/* A name in which the reading direction turns looks like another one. */}
              <bdi>{name}</bdi>
            </Text>
            <Text size="xs" c="dimmed">
              {mime_type} · {format.bytes(size)}
            </Text>
          </div>
        </Group>
        <Group gap="xs">
          {kind && (
            <Button
              size="xs"
              variant="default"
              leftSection={open ? <IconEyeOff size={14} aria-hidden /> : <IconEye size={14} aria-hidden />}
              aria-expanded={open}
              aria-label={t(open ? "attachments.hideName" : "attachments.showName", { name })}
              onClick={() => setOpen(!open)}
            >
              {open ? t("attachments.hide") : t("attachments.show")}
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            leftSection={<IconDownload size={14} aria-hidden />}
            loading={saving.isPending}
            aria-label={t("attachments.saveName", { name })}
            onClick={() => saving.mutate(undefined)}
          >
            {t("attachments.save")}
          </Button>
        </Group>
      </Group>
      {open && kind === "image" && <Picture messageId={messageId} attachment={attachment} />}
      {open && kind === "text" && <PlainText messageId={messageId} attachment={attachment} />}
    </Paper>
  );
}

function Picture({ messageId, attachment }: { messageId: string; attachment: Attachment }) {
  const query = useQuery({
    queryKey: ["attachment", messageId, attachment.number],
    queryFn: async ({ signal }) => {
      const response = await send(pathOf(messageId, attachment), { signal });
      return new Blob([await response.arrayBuffer()], { type: imageType(attachment) });
    },
  });
  return (
    <Queried query={query} rows={4}>
      {(blob) => <BlobImage blob={blob} name={attachment.file_name} />}
    </Queried>
  );
}

function BlobImage({ blob, name }: { blob: Blob; name: string }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  if (url === "") return null;
  return (
    <img
      src={url}
      alt={name}
      style={{ display: "block", maxWidth: "100%", maxHeight: 480, marginTop: 12, objectFit: "contain" }}
    />
  );
}

function PlainText({ messageId, attachment }: { messageId: string; attachment: Attachment }) {
  const query = useQuery({
    queryKey: ["attachment", messageId, attachment.number, "text"],
    queryFn: async ({ signal }) => (await send(pathOf(messageId, attachment), { signal })).text(),
  });
  return (
    <Queried query={query} rows={4}>
      {(text) => (
        <div style={{ marginTop: 12 }}>
          <CodeBox text={text} label={attachment.file_name} wrap />
        </div>
      )}
    </Queried>
  );
}

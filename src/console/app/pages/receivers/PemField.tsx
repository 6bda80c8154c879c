/** Text in PEM, pasted or from a file. What is secret of it is hidden as soon as it is whole. */
import { Button, FileButton, Group, Input, Paper, Stack, Text, Textarea } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";

/** No chain of certificates is as long; the server's limit is 64 KB. */
const MAX_BYTES = 131_072;
const WHOLE = /-----END [A-Z ]+-----\s*$/;

export function PemField({
  label,
  description,
  secret = false,
  value,
  onChange,
  error,
}: {
  label: string;
  description: string;
  secret?: boolean;
  value: string;
  onChange: (text: string) => void;
  error?: ReactNode;
}) {
  const { t } = useTranslation("receivers");
  const format = useFormats();
  const [fault, setFault] = useState("");
  const clear = useRef<HTMLButtonElement>(null);
  const typing = useRef(false);
  // Not when it is left: what a click would hit must not move meanwhile.
  const hidden = secret && WHOLE.test(value);
  useEffect(() => {
    // Where it was pasted is no more: the focus goes to what is there instead.
    if (hidden && typing.current) clear.current?.focus();
    typing.current = false;
  }, [hidden]);
  const take = async (file: File | null) => {
    if (!file) return;
    setFault(file.size > MAX_BYTES ? t("tls.tooLarge") : "");
    if (file.size <= MAX_BYTES) onChange(await file.text());
  };
  const shown = fault === "" ? error : fault;
  return (
    <Stack gap={6}>
      {hidden ? (
        <Input.Wrapper label={label} description={description} error={shown}>
          <Paper withBorder p="xs" mt={4}>
            <Group justify="space-between">
              <Text size="sm" ff="monospace">
                •••••••• {t("tls.hidden", { size: format.number(value.length) })}
              </Text>
              <Button ref={clear} size="compact-sm" variant="subtle" onClick={() => onChange("")}>
                {t("tls.clear")}
              </Button>
            </Group>
          </Paper>
        </Input.Wrapper>
      ) : (
        <Textarea
          label={label}
          description={description}
          error={shown}
          placeholder={secret ? "-----BEGIN PRIVATE KEY-----" : "-----BEGIN CERTIFICATE-----"}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          onFocus={() => (typing.current = true)}
          onBlur={() => (typing.current = false)}
          autosize
          minRows={3}
          maxRows={8}
          autoComplete="off"
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12 } }}
        />
      )}
      <FileButton onChange={(file) => void take(file)} accept=".pem,.crt,.cer,.key,.txt">
        {(props) => (
          <Button
            {...props}
            size="compact-sm"
            variant="subtle"
            leftSection={<IconFileUpload size={14} aria-hidden />}
            style={{ alignSelf: "flex-start" }}
            aria-label={t("tls.fileOf", { name: label })}
          >
            {t("tls.file")}
          </Button>
        )}
      </FileButton>
    </Stack>
  );
}

/** Names with values, as many as one likes: headers, metadata. */
import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";

import type { Form } from "./form.ts";

export function PairRows({
  form,
  member,
  words,
  example,
}: {
  form: Form;
  member: "headers" | "metadata";
  words: { title: string; text?: string; name: string; value: string; add: string; remove: string };
  example: { name: string; value: string };
}) {
  const rows = form.getValues()[member];
  const error = form.errors[member];
  return (
    <Stack gap="xs" role="group" aria-label={words.title}>
      <div>
        <Text size="sm" fw={600}>
          {words.title}
        </Text>
        {words.text !== undefined && (
          <Text size="xs" c="dimmed">
            {words.text}
          </Text>
        )}
      </div>
      {rows.map((_, index) => (
        // A row has no other name while it is typed.
        <Group key={index} gap="xs" wrap="nowrap" align="flex-start">
          <TextInput
            aria-label={words.name}
            placeholder={example.name}
            style={{ flex: 1, minWidth: 0 }}
            {...form.getInputProps(`${member}.${index}.name`)}
          />
          <TextInput
            aria-label={words.value}
            placeholder={example.value}
            style={{ flex: 2, minWidth: 0 }}
            {...form.getInputProps(`${member}.${index}.value`)}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            onClick={() => form.removeListItem(member, index)}
            aria-label={words.remove}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      {error !== undefined && (
        <Text size="sm" c="error" role="alert">
          {error}
        </Text>
      )}
      <Button
        variant="subtle"
        size="xs"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => form.insertListItem(member, { name: "", value: "" })}
        style={{ alignSelf: "flex-start" }}
      >
        {words.add}
      </Button>
    </Stack>
  );
}

/** What of a user can be set, new or not: address, name, roles in plain words, groups. */
import { Checkbox, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Queried } from "../../parts/Queried.tsx";
import { useRoles, useRoleText } from "./roles.ts";

export interface MemberValues {
  email: string;
  name: string;
  roles: string[];
  groups: string[];
}

export const MEMBERS = ["email", "name", "roles", "groups"] as const;

export const isEmail = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text.trim());

export function Members<Values extends MemberValues>({
  form,
  readOnly = false,
}: {
  form: UseFormReturnType<Values>;
  readOnly?: boolean;
}) {
  const { t } = useTranslation("users");
  return (
    <>
      <TextInput
        label={t("email")}
        type="email"
        required={!readOnly}
        readOnly={readOnly}
        autoComplete="off"
        maxLength={255}
        {...form.getInputProps("email")}
      />
      <TextInput
        label={t("name")}
        readOnly={readOnly}
        autoComplete="off"
        maxLength={200}
        {...form.getInputProps("name")}
      />
      <RoleChoice {...form.getInputProps("roles")} readOnly={readOnly} />
      <TagsInput
        label={t("groups")}
        description={t("groupsHint")}
        readOnly={readOnly}
        maxTags={100}
        clearable={!readOnly}
        clearButtonProps={{ "aria-label": t("groupsClear") }}
        {...form.getInputProps("groups")}
      />
    </>
  );
}

function RoleChoice({
  value,
  onChange,
  error,
  readOnly,
}: {
  value?: string[];
  onChange?: (value: string[]) => void;
  error?: ReactNode;
  readOnly: boolean;
}) {
  const { t } = useTranslation("users");
  const query = useRoles();
  const text = useRoleText();
  const chosen = value ?? [];
  return (
    <Queried query={query} rows={3}>
      {(roles) => {
        // A role that koppla.yaml has no more gives nothing, and can be taken away.
        const gone = chosen.filter((name) => !roles.some((role) => role.name === name));
        return (
          <Checkbox.Group
            label={t("rolesLabel")}
            description={t("rolesHint")}
            value={chosen}
            error={error}
            {...(onChange && { onChange })}
            readOnly={readOnly}
          >
            <Stack gap="sm" mt="xs">
              {roles.map((role) => (
                <Checkbox
                  key={role.name}
                  value={role.name}
                  label={role.name}
                  description={
                    role.may_give || chosen.includes(role.name)
                      ? text(role)
                      : `${text(role)} ${t("roles.beyond")}`
                  }
                  disabled={readOnly || !role.may_give}
                />
              ))}
              {gone.map((name) => (
                <Checkbox
                  key={name}
                  value={name}
                  label={name}
                  description={t("roles.gone")}
                  disabled={readOnly}
                />
              ))}
              {roles.length === 0 && <Text size="sm">–</Text>}
            </Stack>
          </Checkbox.Group>
        );
      }}
    </Queried>
  );
}

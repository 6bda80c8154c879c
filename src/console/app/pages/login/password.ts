/** The fewest characters of a person's password; the server has the last word (`passwords/policy.ts`). */
export const PASSWORD_LENGTH = 12;
